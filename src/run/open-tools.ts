/**
 * The tools of a run. A provider of the type `stdio` is a program: it is started with `--allow-tools`, or where the settings
 * of the person have it, as an entry of `mcp_providers` or by its fingerprint under `trusted_tools`.
 */
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { McpProviderConfig } from '../core/config.js';
import type { JsonPath } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import type { CallError, Toolbox } from '../models/types.js';
import { readSettings, settingsFile } from '../plugins/settings.js';
import { commandLine, fingerprint } from '../tools/provider.js';
import { createToolbox, noToolbox } from '../tools/toolbox.js';
import { whyUnusable } from '../tools/usable.js';
import { askPermission, LOOK, type Asked, type Permission } from './permission.js';
import { notOnQueue, type RunProblem } from './problem.js';
import { toolAliasesOf, usedProviders } from './tool-providers.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ToolOptions {
  readonly env: Environment;
  /** True with `--allow-tools`. */
  readonly allow: boolean;
  readonly dryRun: boolean;
  /** Workers make the cells. */
  readonly isOnQueue: boolean;
}

export interface RunTools {
  readonly toolbox: Toolbox;
  /** Asks the servers elsewhere for their tools, and starts no program: for stages that are not made yet. */
  askElsewhere(): Promise<RunProblem | undefined>;
  close(): Promise<void>;
}

interface Provider {
  readonly config: McpProviderConfig;
  readonly folder: string;
  /** The key of the recipe that it is from. */
  readonly at: JsonPath;
}

/** What a run may use. Nothing is started yet; what cannot be started is refused. */
export async function allowTools(
  plan: Plan,
  { env, allow, dryRun, isOnQueue }: ToolOptions,
): Promise<Result<RunTools, RunProblem>> {
  if (dryRun || toolAliasesOf(plan).length === 0)
    return ok({ toolbox: noToolbox, askElsewhere: async () => undefined, close: async () => undefined });
  if (isOnQueue) return err(notOnQueue('call no tools', placeOfTools(plan)));
  const folder = await realpath(dirname(plan.file));
  // `npx`, `python -m` and relative paths take what is in the folder they start in, and the recipe's is not trusted.
  const ownFolder = resolve(dirname(settingsFile(env)));
  const providers = new Map<string, Provider>();
  const asked: Asked[] = [];
  for (const { name, config, declared, at } of usedProviders(plan, await readSettings(env))) {
    if (!config) return err(unknownProvider(name, at, env));
    if (declared !== undefined && config.provider_type === 'stdio')
      asked.push({
        entry: fingerprint(config, folder),
        shown: commandLine(config),
        at: ['mcp_providers', declared, 'command'],
      });
    const place = declared === undefined ? at : ['mcp_providers', declared];
    providers.set(name, { config, folder: declared === undefined ? ownFolder : folder, at: place });
  }
  const refused = await askPermission(asked, permission, { allow, env });
  if (refused) return err(refused);
  for (const { config, folder: start, at } of providers.values()) {
    const unusable = await whyUnusable(config, { folder: start, env });
    if (unusable) return err(problemOf(unusable, at));
  }
  const toolbox = createToolbox({ configs: plan.recipe.tool_configs ?? [], providers, env });
  return ok({
    toolbox,
    askElsewhere: () => firstProblem(plan, (alias) => toolbox.askElsewhere(alias)),
    close: () => toolbox.close(),
  });
}

const permission: Permission = {
  flag: '--allow-tools',
  setting: 'trusted_tools',
  would: (isOne) => `the tools of this recipe would start ${isOne ? 'a program' : 'programs'}`,
  insteadOf: 'nothing was started',
  before: LOOK,
};

/** Starts the servers and asks for their tools: what is wrong with them is found before the first row. */
export const listTools = (plan: Plan, { toolbox }: RunTools): Promise<RunProblem | undefined> =>
  firstProblem(plan, (alias) => toolbox.kitOf(alias));

async function firstProblem(
  plan: Plan,
  ask: (alias: string) => Promise<Result<unknown, CallError>>,
): Promise<RunProblem | undefined> {
  for (const alias of toolAliasesOf(plan)) {
    const asked = await ask(alias);
    if (asked.ok) continue;
    const index = (plan.recipe.tool_configs ?? []).findIndex(({ tool_alias: name }) => name === alias);
    return problemOf(asked.error, ['tool_configs', index]);
  }
  return undefined;
}

const problemOf = ({ message, hint }: CallError, at: JsonPath): RunProblem => ({
  message,
  ...(hint !== undefined && { hint }),
  at,
});

const placeOfTools = ({ recipe: { columns } }: Plan): JsonPath => [
  'columns',
  columns.findIndex((column) => 'tool_alias' in column),
  'tool_alias',
];

const unknownProvider = (name: string, at: JsonPath, env: Environment): RunProblem => ({
  message: `there is no tool provider \`${name}\``,
  hint: `declare it under \`mcp_providers:\` of the recipe, or of ${settingsFile(env)}`,
  at,
});
