/** The tools of a run: the servers of its providers, and for each `tool_alias` what models see of them. */
import type { McpProviderConfig, ToolConfig } from '../core/config.js';
import { DEFAULTS } from '../core/defaults.js';
import { err, ok, type Result } from '../core/result.js';
import type { CallError, Toolbox, ToolDefinition, ToolKit } from '../models/types.js';
import type { Environment } from './environment.js';
import { identityOf } from './provider.js';
import { createToolServer, type ToolServer } from './server.js';

export interface ToolboxOptions {
  readonly configs: readonly ToolConfig[];
  /** By name. */
  readonly providers: ReadonlyMap<string, { readonly config: McpProviderConfig; readonly folder: string }>;
  readonly env: Environment;
}

export interface OpenToolbox extends Toolbox {
  /** Asks the servers elsewhere that a tool alias names for their tools, and starts no program. */
  askElsewhere(toolAlias: string): Promise<Result<unknown, CallError>>;
  /** Ends the programs that were started. */
  close(): Promise<void>;
}

export function createToolbox({ configs, providers, env }: ToolboxOptions): OpenToolbox {
  const servers = new Map<string, ToolServer>();
  const kits = new Map<string, Promise<Result<ToolKit, CallError>>>();
  const serverOf = (name: string): ToolServer | undefined => {
    const provider = providers.get(name);
    if (!provider) return undefined;
    const server =
      servers.get(name) ?? createToolServer({ provider: provider.config, folder: provider.folder, env });
    servers.set(name, server);
    return server;
  };
  const kitOf: Toolbox['kitOf'] = (toolAlias) => {
    const kit = kits.get(toolAlias) ?? openKit(toolAlias);
    kits.set(toolAlias, kit);
    return kit;
  };
  return {
    kitOf,
    async askElsewhere(toolAlias) {
      const all = configs.find(({ tool_alias: alias }) => alias === toolAlias)?.providers ?? [];
      const elsewhere = all.filter((name) => providers.get(name)?.config.provider_type !== 'stdio');
      if (elsewhere.length === all.length) return kitOf(toolAlias);
      const listed = await Promise.all(elsewhere.map((name) => serverOf(name)?.list()));
      return listed.find((list) => list?.ok === false) ?? ok(undefined);
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };

  async function openKit(toolAlias: string): Promise<Result<ToolKit, CallError>> {
    const config = configs.find(({ tool_alias: alias }) => alias === toolAlias);
    if (!config) return err(wrong(`there is no tool alias \`${toolAlias}\``));
    const { allow_tools: allowed, timeout_sec: seconds = DEFAULTS.tool_timeout } = config;
    const owners = new Map<string, string>();
    const all: ToolDefinition[] = [];
    for (const name of new Set(config.providers)) {
      const listed = await (serverOf(name)?.list() ?? err(wrong(`there is no tool provider \`${name}\``)));
      if (!listed.ok) return listed;
      for (const tool of listed.value) {
        const other = owners.get(tool.name);
        if (other !== undefined) return err(clash(tool.name, other, name, toolAlias));
        owners.set(tool.name, name);
        all.push(tool);
      }
    }
    const missing = (allowed ?? []).filter((tool) => !owners.has(tool));
    if (missing.length > 0) return err(notThere(missing, [...owners.keys()], toolAlias));
    const offered = allowed ? all.filter(({ name }) => allowed.includes(name)) : all;
    const named = namesForModels(offered.map(({ name }) => name));
    const ownerOf = (shown: string): string => owners.get(named.own.get(shown) ?? '') ?? '';
    return ok({
      definitions: offered.map((tool) => ({ ...tool, name: named.shown.get(tool.name) ?? tool.name })),
      maxTurns: config.max_tool_call_turns ?? DEFAULTS.max_tool_call_turns,
      identityOf(shown) {
        const provider = providers.get(ownerOf(shown));
        return provider ? identityOf(provider.config) : '';
      },
      async call(shown, given, signal) {
        const server = serverOf(ownerOf(shown));
        const tool = named.own.get(shown) ?? shown;
        return server ? server.call(tool, given, seconds, signal) : err(wrong(`there is no tool ${tool}`));
      },
    });
  }
}

/** What providers of models take as the name of a tool; a server may name its tools with dots and slashes. */
const OTHER_CHARACTERS = /[^a-zA-Z0-9_-]/g;
const LONGEST_NAME = 64;

/** The names that models see, each another one, and the server's own names by these. */
function namesForModels(tools: readonly string[]): {
  readonly shown: ReadonlyMap<string, string>;
  readonly own: ReadonlyMap<string, string>;
} {
  const written = (tool: string): string => tool.replaceAll(OTHER_CHARACTERS, '_').slice(0, LONGEST_NAME);
  // A name that models can be shown is kept as it is.
  const own = new Map(tools.filter((tool) => written(tool) === tool).map((tool) => [tool, tool] as const));
  for (const tool of tools) {
    if (own.get(tool) === tool) continue;
    let shown = written(tool);
    for (let number = 2; own.has(shown); number += 1)
      shown = `${written(tool).slice(0, LONGEST_NAME - 4)}_${number}`;
    own.set(shown, tool);
  }
  return { own, shown: new Map(Array.from(own, ([shown, tool]) => [tool, shown] as const)) };
}

/** For runs that call nothing: models see no tools. */
export const noToolbox: Toolbox = {
  kitOf: async () =>
    ok({
      definitions: [],
      maxTurns: 0,
      identityOf: () => '',
      call: async () => err(wrong('no tool is called here')),
    }),
};

const wrong = (message: string, hint?: string): CallError => ({
  class: 'invalid-request',
  message,
  ...(hint !== undefined && { hint }),
});

const clash = (tool: string, first: string, second: string, alias: string): CallError =>
  wrong(
    `the tool \`${tool}\` of \`${alias}\` is in two providers: \`${first}\` and \`${second}\``,
    'name one of them in `providers`',
  );

function notThere(missing: readonly string[], known: readonly string[], alias: string): CallError {
  const names = missing.map((tool) => `\`${tool}\``).join(', ');
  return wrong(
    `\`allow_tools\` of \`${alias}\` names ${names}, which ${missing.length === 1 ? 'is' : 'are'} in none of its providers`,
    `they have: ${known.slice(0, 20).join(', ')}`,
  );
}
