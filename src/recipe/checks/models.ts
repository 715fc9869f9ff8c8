import { isObject, type Json, type JsonObject } from '../../json.js';
import type { Endpoint, InferenceParameters, Model } from '../../models/types.js';
import type { Problem } from '../diagnostic.js';
import type { DraftColumn } from '../draft.js';
import { entryName, listAt } from '../lists.js';
import { didYouMeanOneOf, nearest } from '../../suggest.js';
import type { Prices, ProviderConfig, StructuredOutputMode } from '../types.js';

export interface ProviderTools {
  /** `undefined` when there is no provider of that name. */
  readonly resolveEndpoint: (provider: string, config: ProviderConfig | undefined) => Endpoint | undefined;
  /** The providers that need no entry in a recipe. */
  readonly providerNames: readonly string[];
}

export interface ResolvedModels {
  /** The models that columns ask, by alias. */
  readonly models: ReadonlyMap<string, Model>;
  readonly problems: readonly Problem[];
}

/** Ties aliases to models and models to providers, and says what does not fit. */
export function resolveModels(
  recipe: object,
  columns: readonly DraftColumn[],
  tools: ProviderTools,
): ResolvedModels {
  const configs = listAt(recipe, 'model_configs');
  const providers = listAt(recipe, 'providers');
  const aliases = aliasesOf(configs);
  const asked = new Set(columns.flatMap((column) => meantAlias(column, aliases) ?? []));
  // A column that cannot be read may be the one that asks.
  const areAllClear = columns.every((column) => column.prepared ?? askedAlias(column));
  const models = new Map<string, Model>();
  const problems = [
    ...twins('model_configs', 'alias', configs),
    ...twins('providers', 'name', providers),
    ...unknownAliases(columns, aliases),
  ];
  for (const [index, config] of configs.entries()) {
    if (!isObject(config) || typeof config['alias'] !== 'string') continue;
    const { alias, provider } = config;
    const endpoint = typeof provider === 'string' ? endpointOf(provider, providers, tools) : undefined;
    if (endpoint && asked.has(alias)) models.set(alias, modelOf(config, endpoint));
    if (!endpoint && typeof provider === 'string')
      problems.push(unknownProvider(provider, index, providers, tools));
    if (!asked.has(alias) && areAllClear) problems.push(unused(alias, index));
  }
  return { models, problems };
}

/** The alias a column names, also when the rest of the column is wrong. */
function askedAlias({ prepared, config }: DraftColumn): string | undefined {
  const alias = prepared ? prepared.modelAlias : config['model_alias'];
  return typeof alias === 'string' ? alias : undefined;
}

const aliasesOf = (configs: readonly Json[]): readonly string[] =>
  configs.flatMap((config) =>
    isObject(config) && typeof config['alias'] === 'string' ? config['alias'] : [],
  );

/** The alias a column asks or, where it is misspelt, the one that is not to be called unused for that. */
function meantAlias(column: DraftColumn, aliases: readonly string[]): string | undefined {
  const alias = askedAlias(column);
  return alias === undefined ? undefined : (nearest(alias, aliases) ?? alias);
}

function unknownAliases(columns: readonly DraftColumn[], known: readonly string[]): readonly Problem[] {
  return columns.flatMap((column) => {
    const alias = askedAlias(column);
    if (alias === undefined || known.includes(alias)) return [];
    return [
      {
        code: 'unknown-model',
        message: `no model has the alias \`${alias}\``,
        hint: didYouMeanOneOf(alias, known) ?? 'declare it under `model_configs:`',
        at: [...column.at, ...(Object.hasOwn(column.config, 'model_alias') ? ['model_alias'] : [])],
      },
    ];
  });
}

function endpointOf(name: string, providers: readonly Json[], tools: ProviderTools): Endpoint | undefined {
  const own = providers.find((provider) => entryName(provider) === name);
  if (own === undefined && !tools.providerNames.includes(name)) return undefined;
  return tools.resolveEndpoint(name, own as JsonObject as unknown as ProviderConfig | undefined);
}

function unknownProvider(
  name: string,
  index: number,
  providers: readonly Json[],
  tools: ProviderTools,
): Problem {
  const known = [...providers.flatMap((provider) => entryName(provider) ?? []), ...tools.providerNames];
  const hint = didYouMeanOneOf(name, known) ?? 'declare it under `providers:`';
  return {
    code: 'unknown-provider',
    message: `there is no provider \`${name}\``,
    hint,
    at: ['model_configs', index, 'provider'],
  };
}

function modelOf(config: JsonObject, endpoint: Endpoint): Model {
  const { generation_type: _, ...parameters } = isObject(config['inference_parameters'])
    ? config['inference_parameters']
    : {};
  return {
    alias: String(config['alias']),
    model: String(config['model']),
    endpoint,
    parameters: parameters as InferenceParameters,
    structuredOutput: (config['structured_output'] ?? 'auto') as StructuredOutputMode,
    prices: config['prices'] as Prices | undefined,
  };
}

function unused(alias: string, index: number): Problem {
  return {
    severity: 'warning',
    code: 'unused-model',
    message: `no column asks the model \`${alias}\``,
    hint: 'name it in a `model_alias`, or take it out',
    at: ['model_configs', index, 'alias'],
  };
}

function twins(section: string, key: string, entries: readonly Json[]): readonly Problem[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const name = entryName(entry);
    if (name === undefined) return [];
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
      return [];
    }
    const message = `the ${key} \`${name}\` is given twice: entries ${first + 1} and ${index + 1} of \`${section}\``;
    return [
      {
        code: `duplicate-${section === 'providers' ? 'provider' : 'model'}`,
        message,
        hint: 'keep one of them',
        at: [section, index, key],
      },
    ];
  });
}
