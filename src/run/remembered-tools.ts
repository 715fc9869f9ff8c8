/**
 * The tools that a run has listed, kept in the answer store beside the answers. They are part of each request and of its
 * key: with them, `dd render` shows a request whole and finds its stored turns, and starts no server.
 */
import { hash } from 'node:crypto';
import type { Recipe } from '../core/config.js';
import { DEFAULTS } from '../core/defaults.js';
import { canonicalJson, isObject, jsonIn, type Json, type JsonObject } from '../core/json.js';
import { err, ok } from '../core/result.js';
import { rememberOnce } from '../models/providers/adaptation.js';
import type { AnswerStore, CallError, Toolbox, ToolDefinition } from '../models/types.js';

type Configs = Pick<Recipe, 'tool_configs' | 'mcp_providers'>;

/** What is kept of a tool alias. */
interface Remembered {
  readonly definitions: readonly ToolDefinition[];
  /** By tool, what stands for its server in keys. */
  readonly identities: Readonly<Record<string, string>>;
}

/** The same tools; those of each alias are kept when they are first listed. */
export function rememberTools(toolbox: Toolbox, recipe: Configs, store: AnswerStore): Toolbox {
  const kept = new Set<string>();
  return {
    async kitOf(alias) {
      const kit = await toolbox.kitOf(alias);
      if (!kit.ok || kept.has(alias)) return kit;
      kept.add(alias);
      const { definitions, identityOf } = kit.value;
      const identities = Object.fromEntries(definitions.map(({ name }) => [name, identityOf(name)]));
      await rememberOnce(nameOf(alias, recipe), JSON.stringify({ definitions, identities }), store);
      return kit;
    },
  };
}

/** The tools of earlier runs. None is called. */
export function rememberedTools(recipe: Configs, store: Pick<AnswerStore, 'recall'>): Toolbox {
  return {
    async kitOf(alias) {
      const known = read(store.recall(nameOf(alias, recipe)));
      if (!known) return err(unknown);
      const config = recipe.tool_configs?.find(({ tool_alias: name }) => name === alias);
      return ok({
        definitions: known.definitions,
        maxTurns: config?.max_tool_call_turns ?? DEFAULTS.max_tool_call_turns,
        identityOf: (tool) => known.identities[tool] ?? '',
        call: async () => err(notCalled),
      });
    },
  };
}

/** Another configuration of the tools or of their servers may have other tools. */
function nameOf(alias: string, { tool_configs: configs = [], mcp_providers: all = [] }: Configs): string {
  const config = configs.find(({ tool_alias: name }) => name === alias);
  const { providers = [], allow_tools: allowed } = config ?? {};
  const servers = providers.map((name) => all.find((provider) => provider.name === name) ?? name);
  const facts = { servers, allowed: allowed ?? null } as unknown as Json;
  return `tools ${hash('sha256', canonicalJson(facts))}`;
}

function read(text: string | undefined): Remembered | undefined {
  const value = text === undefined ? undefined : jsonIn(text);
  if (!isObject(value) || !Array.isArray(value['definitions']) || !isObject(value['identities']))
    return undefined;
  return value as JsonObject & Remembered;
}

const unknown: CallError = { class: 'stopped', message: 'no run has listed these tools' };
const notCalled: CallError = { class: 'stopped', message: 'no tool is called here' };
