/**
 * The commands of a run's columns. A recipe may come from anywhere, so a command is started with `--allow-commands`, or
 * where the settings of the person have its fingerprint under `trusted_commands`. Else nothing is started, and the message
 * shows what would be.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StdioProvider } from '../core/config.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { readSettings, settingsFile } from '../plugins/settings.js';
import { createPrograms, type Programs } from '../tools/programs.js';
import { commandLine, fingerprint } from '../tools/provider.js';
import type { NamedProgram } from '../validators/own-code.js';
import type { RunProblem } from './problem.js';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True with `--allow-commands`. */
  readonly allow: boolean;
  readonly dryRun: boolean;
  /** Workers make the cells. */
  readonly isOnQueue: boolean;
}

/** What a run may start; nothing is started yet. */
export async function allowCommands(
  plan: Plan,
  { env, allow, dryRun, isOnQueue }: CommandOptions,
): Promise<Result<Programs | undefined, RunProblem>> {
  const named = plan.columns.flatMap(({ column: { name, programs = [] } }) =>
    programs.map((program) => ({ program, at: placeOf(plan, name, program) })),
  );
  const [first] = named;
  if (!first || dryRun) return ok(undefined);
  if (isOnQueue)
    return err({
      message: 'workers of a queue start no commands',
      hint: 'run this recipe without --queue',
      at: first.at,
    });
  const folder = await realpath(dirname(plan.file));
  const trusted = allow ? [] : (await readSettings(env))['trusted_commands'];
  const refused = allow
    ? []
    : named.filter(
        ({ program }) =>
          !Array.isArray(trusted) || !trusted.includes(fingerprint(asProvider(program), folder)),
      );
  return refused.length > 0
    ? err(notAllowed(refused, folder, settingsFile(env)))
    : ok(createPrograms({ env, folder }));
}

const placeOf = ({ recipe }: Plan, name: string, { at }: NamedProgram): RunProblem['at'] & object => [
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

function notAllowed(
  refused: readonly { readonly program: NamedProgram; readonly at: RunProblem['at'] & object }[],
  folder: string,
  settings: string,
): RunProblem {
  const shown = new Map(
    refused.map(({ program }) => {
      const provider = asProvider(program);
      return [fingerprint(provider, folder), commandLine(provider)] as const;
    }),
  );
  const isOne = shown.size === 1;
  return {
    message: `this recipe would start ${isOne ? 'a program' : 'programs'} in ${folder}, and nothing was started: ${[...shown.values()].join(' and ')}`,
    hint: `look at what ${isOne ? 'it does' : 'they do'}, then add --allow-commands, or list ${isOne ? 'it' : 'them'} under \`trusted_commands:\` in ${settings}: [${[...shown.keys()].join(', ')}]`,
    ...(refused[0] && { at: refused[0].at }),
  };
}
