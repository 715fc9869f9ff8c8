import type { ColumnType } from '../columns/types.js';
import type { Exporter } from '../dataset/export/exporter.js';
import type { PluginFunction } from '../core/plugin-function.js';
import type { ProviderDefinition } from '../models/types.js';
import type { ProcessorType } from '../processors/types.js';
import type { Check } from '../recipe/checks/check.js';
import type { SeedType } from '../seeds/types.js';
import type { FormatEntry } from '../traces/format.js';

/**
 * The types that a plugin adds. A plugin is an ES module with a `Plugin` as its default export. The built-in types
 * have the same form (`builtins.ts`).
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
  readonly formats?: readonly FormatEntry[];
  /** Model servers. Each adds a value of `provider_type` and, if its address is known, of `provider`. */
  readonly providers?: readonly ProviderDefinition[];
  readonly processors?: readonly ProcessorType[];
  readonly checks?: readonly Check[];
  readonly exporters?: readonly Exporter[];
  /** Functions that `custom` columns and validators of recipes name. */
  readonly functions?: Readonly<Record<string, PluginFunction>>;
}

/** Returns the plugin unchanged; only for its type check. */
export const definePlugin = (plugin: Plugin): Plugin => plugin;
