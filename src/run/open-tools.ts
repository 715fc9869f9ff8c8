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
import type { Toolbox } from '../models/types.js';
import { readSettings, settingsFile } from '../plugins/settings.js';
import { commandLine, fingerprint } from '../tools/provider.js';
import { createToolbox, noToolbox } from '../tools/toolbox.js';
import { askPermission, LOOK, type Asked, type Permission } from './permission.js';
import type { RunProblem } from './problem.js';
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
  close(): Promise<void>;
}

/** What a run may use; nothing is started yet. */
export async function allowTools(
  plan: Plan,
  { env, allow, dryRun, isOnQueue }: ToolOptions,
): Promise<Result<RunTools, RunProblem>> {
  if (dryRun || toolAliasesOf(plan).length === 0)
    return ok({ toolbox: noToolbox, close: async () => undefined });
  if (isOnQueue) return err(notOnQueue(plan));
  const folder = await realpath(dirname(plan.file));
  // `npx`, `python -m` and relative paths take what is in the folder they start in, and the recipe's is not trusted.
  const ownFolder = resolve(dirname(settingsFile(env)));
  const providers = new Map<string, { readonly config: McpProviderConfig; readonly folder: string }>();
  const asked: Asked[] = [];
  for (const { name, config, declared, at } of usedProviders(plan, await readSettings(env))) {
    if (!config) return err(unknownProvider(name, at, env));
    if (declared !== undefined && config.provider_type === 'stdio')
      asked.push({
        entry: fingerprint(config, folder),
        shown: commandLine(config),
        at: ['mcp_providers', declared, 'command'],
      });
    providers.set(name, { config, folder: declared === undefined ? ownFolder : folder });
  }
  const refused = await askPermission(asked, permission, { allow, env });
  if (refused) return err(refused);
  const toolbox = createToolbox({ configs: plan.recipe.tool_configs ?? [], providers, env });
  return ok({ toolbox, close: () => toolbox.close() });
}

const permission: Permission = {
  flag: '--allow-tools',
  setting: 'trusted_tools',
  would: (isOne) => `the tools of this recipe would start ${isOne ? 'a program' : 'programs'}`,
  insteadOf: 'nothing was started',
  before: LOOK,
};

/** Starts the servers and asks for their tools: what is wrong with them is found before the first row. */
export async function listTools(plan: Plan, { toolbox }: RunTools): Promise<RunProblem | undefined> {
  for (const alias of toolAliasesOf(plan)) {
    const kit = await toolbox.kitOf(alias);
    if (kit.ok) continue;
    const { message, hint } = kit.error;
    const index = (plan.recipe.tool_configs ?? []).findIndex(({ tool_alias: name }) => name === alias);
    return { message, ...(hint !== undefined && { hint }), at: ['tool_configs', index] };
  }
  return undefined;
}

/** A worker starts no program that a run names which it takes from a queue. */
const notOnQueue = ({ recipe }: Plan): RunProblem => ({
  message: 'workers of a queue call no tools',
  hint: 'run this recipe without --queue',
  at: ['columns', recipe.columns.findIndex((column) => 'tool_alias' in column), 'tool_alias'],
});

const unknownProvider = (name: string, at: JsonPath, env: Environment): RunProblem => ({
  message: `there is no tool provider \`${name}\``,
  hint: `declare it under \`mcp_providers:\` of the recipe, or of ${settingsFile(env)}`,
  at,
});
