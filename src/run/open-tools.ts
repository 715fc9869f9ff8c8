/**
 * The tools of a run. A provider of the type `stdio` is a program, and a recipe may come from anywhere: it is started with
 * `--allow-tools`, or where the settings of the person have it, as an entry of `mcp_providers` or by its fingerprint under
 * `trusted_tools`. Else nothing is started, and the message shows what would be.
 */
import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { McpProviderConfig, StdioProvider } from '../core/config.js';
import { isObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import type { Toolbox } from '../models/types.js';
import { readSettings, settingsFile } from '../plugins/settings.js';
import { commandLine, fingerprint } from '../tools/provider.js';
import { createToolbox, noToolbox } from '../tools/toolbox.js';
import type { RunProblem } from './problem.js';

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
  const { tool_configs: configs = [], mcp_providers: own = [] } = plan.recipe;
  const aliases = aliasesOf(plan);
  if (dryRun || aliases.length === 0) return ok({ toolbox: noToolbox, close: async () => undefined });
  if (isOnQueue) return err(notOnQueue(plan));
  const folder = await realpath(dirname(plan.file));
  // `npx`, `python -m` and relative paths take what is in the folder they start in, and the recipe's is not trusted.
  const ownFolder = resolve(dirname(settingsFile(env)));
  const settings = await readSettings(env);
  const personal = new Map(providersIn(settings['mcp_providers']).map((config) => [config.name, config]));
  const trusted = Array.isArray(settings['trusted_tools']) ? settings['trusted_tools'] : [];
  const providers = new Map<string, { readonly config: McpProviderConfig; readonly folder: string }>();
  const refused: StdioProvider[] = [];
  for (const [at, config] of configs.entries()) {
    if (!aliases.includes(config.tool_alias)) continue;
    for (const [index, name] of config.providers.entries()) {
      const declared = own.find((provider) => provider.name === name);
      const provider = declared ?? personal.get(name);
      if (!provider) return err(unknownProvider(name, ['tool_configs', at, 'providers', index], env));
      if (declared?.provider_type === 'stdio' && !allow && !trusted.includes(fingerprint(declared, folder)))
        if (!refused.includes(declared)) refused.push(declared);
      providers.set(name, { config: provider, folder: declared ? folder : ownFolder });
    }
  }
  if (refused.length > 0) return err(notAllowed(refused, own, folder, env));
  const toolbox = createToolbox({ configs, providers, env });
  return ok({ toolbox, close: () => toolbox.close() });
}

/** Starts the servers and asks for their tools: what is wrong with them is found before the first row. */
export async function listTools(plan: Plan, { toolbox }: RunTools): Promise<RunProblem | undefined> {
  for (const alias of aliasesOf(plan)) {
    const kit = await toolbox.kitOf(alias);
    if (kit.ok) continue;
    const { message, hint } = kit.error;
    const index = (plan.recipe.tool_configs ?? []).findIndex(({ tool_alias: name }) => name === alias);
    return { message, ...(hint !== undefined && { hint }), at: ['tool_configs', index] };
  }
  return undefined;
}

const aliasesOf = ({ recipe }: Plan): readonly string[] => [
  ...new Set(
    recipe.columns.flatMap((column) => {
      const alias = (column as { readonly tool_alias?: unknown }).tool_alias;
      return typeof alias === 'string' ? [alias] : [];
    }),
  ),
];

/** Those of the settings, which nothing else has checked. */
function providersIn(listed: unknown): readonly McpProviderConfig[] {
  return (Array.isArray(listed) ? (listed as readonly unknown[]) : []).filter(
    (entry): entry is McpProviderConfig & object => {
      if (!isObject(entry) || typeof entry['name'] !== 'string') return false;
      const { provider_type: type, command, args = [], env = {}, endpoint } = entry;
      if (type === 'stdio')
        return (
          typeof command === 'string' &&
          Array.isArray(args) &&
          args.every((arg) => typeof arg === 'string') &&
          isObject(env) &&
          Object.values(env).every((value) => typeof value === 'string')
        );
      return (type === 'sse' || type === 'streamable_http') && typeof endpoint === 'string';
    },
  );
}

/** A worker starts no program that a run names which it takes from a queue. */
const notOnQueue = ({ recipe }: Plan): RunProblem => ({
  message: 'workers of a queue call no tools',
  hint: 'run this recipe without --queue',
  at: ['columns', recipe.columns.findIndex((column) => 'tool_alias' in column), 'tool_alias'],
});

const unknownProvider = (name: string, at: readonly (string | number)[], env: Environment): RunProblem => ({
  message: `there is no tool provider \`${name}\``,
  hint: `declare it under \`mcp_providers:\` of the recipe, or of ${settingsFile(env)}`,
  at,
});

function notAllowed(
  refused: readonly StdioProvider[],
  own: readonly McpProviderConfig[],
  folder: string,
  env: Environment,
): RunProblem {
  const [first] = refused;
  const commands = refused.map((provider) => commandLine(provider)).join(' and ');
  const prints = refused.map((provider) => fingerprint(provider, folder)).join(', ');
  const [it, programs] = refused.length === 1 ? ['it', 'a program'] : ['them', 'programs'];
  return {
    message: `the tools of this recipe would start ${programs}, and nothing was started: ${commands}`,
    hint: `look at what ${refused.length === 1 ? 'it does' : 'they do'}, then add --allow-tools, or list ${it} under \`trusted_tools:\` in ${settingsFile(env)}: [${prints}]`,
    ...(first && { at: ['mcp_providers', own.indexOf(first), 'command'] }),
  };
}
