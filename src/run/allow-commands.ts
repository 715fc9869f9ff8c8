/**
 * The commands of a run's columns: they are started with `--allow-commands`, or where the settings of the person have
 * their fingerprints under `trusted_commands`.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StdioProvider } from '../core/config.js';
import type { JsonPath } from '../core/json.js';
import { oneLine } from '../core/one-line.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { createPrograms, type Programs } from '../tools/programs.js';
import { commandLine, fingerprint } from '../tools/provider.js';
import { whyNotStarted } from '../tools/usable.js';
import type { NamedProgram } from '../validators/own-code.js';
import { askPermission, LOOK, type Permission } from './permission.js';
import { notOnQueue, type RunProblem } from './problem.js';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True with `--allow-commands`. */
  readonly allow: boolean;
  readonly dryRun: boolean;
  /** Workers make the cells. */
  readonly isOnQueue: boolean;
}

/** What a run may start. Nothing is started yet; what cannot be started is refused. */
export async function allowCommands(
  plan: Plan,
  { env, allow, dryRun, isOnQueue }: CommandOptions,
): Promise<Result<Programs | undefined, RunProblem>> {
  const named = plan.columns.flatMap(({ column: { name, programs = [] } }) =>
    programs.map((program) => ({ program, at: placeOf(plan, name, program) })),
  );
  const [first] = named;
  if (!first || dryRun) return ok(undefined);
  if (isOnQueue) return err(notOnQueue('start no commands', first.at));
  const folder = await realpath(dirname(plan.file));
  const asked = named.map(({ program, at }) => {
    const provider = asProvider(program);
    return { entry: fingerprint(provider, folder), shown: commandLine(provider), at };
  });
  const refused = await askPermission(asked, permissionIn(folder), { allow, env });
  if (refused) return err(refused);
  for (const { program, at } of named) {
    const [command = ''] = program.command;
    const why = await whyNotStarted(command, folder, env);
    if (why !== undefined) return err({ message: `${oneLine(command)}: ${why}`, at });
  }
  return ok(createPrograms({ env, folder }));
}

const permissionIn = (folder: string): Permission => ({
  flag: '--allow-commands',
  setting: 'trusted_commands',
  would: (isOne) => `this recipe would start ${isOne ? 'a program' : 'programs'} in ${folder}`,
  insteadOf: 'nothing was started',
  before: LOOK,
});

const placeOf = ({ recipe }: Plan, name: string, { at }: NamedProgram): JsonPath => [
  'columns',
  recipe.columns.findIndex((column) => column.name === name),
  ...at,
];

/** The form that fingerprints are made of. */
const asProvider = ({ command: [command = '', ...args], env }: NamedProgram): StdioProvider => ({
  name: '',
  provider_type: 'stdio',
  command,
  args,
  env: Object.fromEntries(env.map((name) => [name, `\${${name}}`])),
});
