import { readyValidators } from '../core/ready-validators.js';
import { err, ok, type Result } from '../core/result.js';
import type { ColumnType } from '../columns/types.js';
import type { Exporter } from '../dataset/export/exporter.js';
import type { Registries as RecipeRegistries } from '../recipe/registries.js';
import { createAgentRollout } from '../traces/seed.js';
import { createCustom, custom } from '../columns/custom.js';
import { createValidation, validation } from '../columns/validation.js';
import type { PluginFunctions } from '../core/plugin-function.js';
import { builtIns } from './builtins.js';
import type { Plugin } from './plugin.js';

/** All types that a recipe and the command line can name, by name. */
export interface Registries extends RecipeRegistries {
  readonly exporters: ReadonlyMap<string, Exporter>;
  /**
   * These registries and the types of plugins. The error is a sentence: two plugins have a type of the same name,
   * or a plugin has the name of a built-in type.
   */
  with(plugins: readonly Plugin[]): Result<Registries, string>;
}

/** Merges plugins; the first one is dd itself. */
function combine(all: readonly Plugin[]): Result<Registries, string> {
  const clash =
    findClash('column type', all, ({ columns = [] }) => columns.map(({ type }) => type)) ??
    findClash('seed type', all, ({ seeds = [] }) => seeds.map(({ type }) => type)) ??
    findClash('trace format', all, ({ formats = [] }) => formats.map(({ name }) => name)) ??
    findClash('provider', all, ({ providers = [] }) => providers.map(({ name }) => name)) ??
    findClash('processor type', all, ({ processors = [] }) => processors.map(({ type }) => type)) ??
    findClash('exporter', all, ({ exporters = [] }) => exporters.map(({ name }) => name)) ??
    findClash('function', all, ({ functions = {} }) => Object.keys(functions));
  if (clash !== undefined) return err(clash);
  return ok(registriesOf(all));
}

function registriesOf(all: readonly Plugin[]): Registries {
  const functions = new Map(all.flatMap((plugin) => Object.entries(plugin.functions ?? {})));
  const columns = all
    .flatMap((plugin) => plugin.columns ?? [])
    .map((column) => withFunctions(column, functions));
  const formats = all.flatMap((plugin) => plugin.formats ?? []);
  const seeds = [createAgentRollout(formats), ...all.flatMap((plugin) => plugin.seeds ?? [])];
  const providers = all.flatMap((plugin) => plugin.providers ?? []);
  const processors = all.flatMap((plugin) => plugin.processors ?? []);
  const exporters = all.flatMap((plugin) => plugin.exporters ?? []);
  // The compiled validator only knows the built-in types.
  const addsTypes = all
    .slice(1)
    .some((plugin) =>
      [
        plugin.columns,
        plugin.seeds,
        plugin.formats,
        plugin.providers,
        plugin.processors,
        plugin.exporters,
      ].some((list) => list?.length),
    );
  return {
    columnTypes: new Map(columns.map((column) => [column.type, column])),
    seedTypes: new Map(seeds.map((seed) => [seed.type, seed])),
    processorTypes: new Map(processors.map((processor) => [processor.type, processor])),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    checks: all.flatMap((plugin) => plugin.checks ?? []),
    exporters: new Map(exporters.map((exporter) => [exporter.name, exporter])),
    with: (plugins) => combine([...all, ...plugins]),
    validate: addsTypes ? undefined : readyValidators.recipe,
  };
}

/** The types that call functions of plugins know those that there are. */
function withFunctions(column: ColumnType, functions: PluginFunctions): ColumnType {
  if (column === custom) return createCustom(functions) as ColumnType;
  return column === validation ? (createValidation(functions) as ColumnType) : column;
}

/** The registries of dd without plugins. */
export const builtInRegistries: Registries = registriesOf([builtIns]);

function findClash(
  kind: string,
  plugins: readonly Plugin[],
  namesOf: (plugin: Plugin) => readonly string[],
): string | undefined {
  const owners = new Map<string, string>();
  for (const plugin of plugins) {
    for (const name of namesOf(plugin)) {
      const owner = owners.get(name);
      if (owner !== undefined)
        return `the ${kind} \`${name}\` of the plugin \`${plugin.name}\` is already in ${owner === builtIns.name ? 'dd itself' : `the plugin \`${owner}\``}`;
      owners.set(name, plugin.name);
    }
  }
  return undefined;
}
