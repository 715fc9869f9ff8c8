import type { ColumnType } from '../columns/types.js';
import type { Exporter } from '../dataset/export/exporter.js';
import type { ProviderDefinition } from '../models/types.js';
import type { Check } from '../recipe/checks/check.js';
import type { SeedType } from '../seeds/types.js';
import type { RolloutFormat } from '../traces/format.js';

/**
 * What a plugin adds to dd, and what dd itself is made of (`builtins.ts`). A plugin is an ES module whose default
 * export is one of these. Each entry is one value: a column type, a seed type, a trace format, a provider, a check
 * or an exporter.
 *
 * @example
 * export default definePlugin({ name: 'shout', columns: [shout] });
 */
export interface Plugin {
  /** Names the plugin in messages. */
  readonly name: string;
  readonly columns?: readonly ColumnType[];
  readonly seeds?: readonly SeedType[];
  /** Trace formats of the seed type `agent_rollout`. */
  readonly formats?: readonly RolloutFormat[];
  /** Model servers, by the value of `provider_type` and, where they have a home, of `provider`. */
  readonly providers?: readonly ProviderDefinition[];
  readonly checks?: readonly Check[];
  readonly exporters?: readonly Exporter[];
}

/** Returns the plugin as it is, with its type checked. */
export const definePlugin = (plugin: Plugin): Plugin => plugin;
