import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { splitParameters } from '../../models/drawn-parameters.js';
import { batchProtocolOf, batchProtocols } from '../../models/batch/protocols/index.js';
import { knownPrices } from '../../models/usage/cost.js';
import type { Endpoint, Model, Technique } from '../../models/types.js';
import { builtInNames, needsKey, type Providers } from '../../models/providers/providers.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { entryName, getList } from '../../core/paths.js';
import { correction, nearest } from '../../core/suggest.js';
import { imageRoute } from '../../models/wire/task-body.js';
import type {
  ImageRoute,
  InferenceParameters,
  Prices,
  ProviderConfig,
  StructuredOutputMode,
} from '../../core/config.js';

export interface ProviderTools {
  /** `undefined` when there is no provider of that name. */
  readonly resolveEndpoint: (provider: string, config: ProviderConfig | undefined) => Endpoint | undefined;
  /** By the value of `provider_type`. */
  readonly providers: Providers;
}

export interface ResolvedModels {
  /** The models that columns use, by alias. */
  readonly models: ReadonlyMap<string, Model>;
  /** Positions in `model_configs` of those that no column uses. Empty while mistakes keep that from being known. */
  readonly unasked: ReadonlySet<number>;
  readonly problems: readonly Problem[];
}

/** Resolves the aliases of columns to models, and the models to endpoints of providers. */
export function resolveModels(
  recipe: object,
  columns: readonly DraftColumn[],
  tools: ProviderTools,
): ResolvedModels {
  const configs = getList(recipe, 'model_configs');
  const providers = getList(recipe, 'providers');
  const aliases = aliasesOf(configs);
  const used = new Set(columns.flatMap((column) => meantAliases(column, aliases)));
  // A column with mistakes may be the one that uses a model.
  const areAllClear = columns.every((column) => column.prepared ?? askedAliases(column).length > 0);
  const models = new Map<string, Model>();
  const unasked = new Map<number, string>();
  const problems = [
    ...duplicates('model_configs', 'alias', configs),
    ...duplicates('providers', 'name', providers),
    ...unknownAliases(columns, aliases),
    ...otherModels(columns, configs),
  ];
  for (const [index, config] of configs.entries()) {
    if (!isObject(config) || typeof config['alias'] !== 'string') continue;
    const { alias, provider } = config;
    const endpoint = typeof provider === 'string' ? endpointOf(provider, providers, tools) : undefined;
    if (endpoint && used.has(alias)) models.set(alias, modelOf(config, endpoint));
    if (!endpoint && typeof provider === 'string')
      problems.push(unknownProvider(provider, index, providers, tools));
    problems.push(...wrongDistributions(config, index));
    if (endpoint) {
      problems.push(...unsupportedTechnique(config, endpoint, index, tools.providers));
      problems.push(...withoutBatches(config, endpoint, index));
    }
    if (!used.has(alias) && areAllClear) unasked.set(index, alias);
  }
  problems.push(...otherMedia(columns, models));
  return { models, unasked: new Set(unasked.keys()), problems: [...problems, ...unusedModels(unasked)] };
}

/** Warns about environment variables for keys that are not set, once per variable. */
export function checkKeyVariables(
  recipe: object,
  models: ReadonlyMap<string, Model>,
  env: Readonly<Record<string, string | undefined>>,
): readonly Problem[] {
  const seen = new Set<string>();
  return getList(recipe, 'model_configs').flatMap((config, index) => {
    const model = isObject(config) ? models.get(String(config['alias'])) : undefined;
    const { keyVariable, provider } = model?.endpoint ?? {};
    if (!model || keyVariable === undefined || !needsKey(model.endpoint) || seen.has(keyVariable)) return [];
    seen.add(keyVariable);
    if ((env[keyVariable] ?? '').trim() !== '') return [];
    return [
      {
        severity: 'warning',
        code: 'missing-key-variable',
        message: `the key of provider \`${provider ?? ''}\` is read from \`${keyVariable}\`, which is not set here`,
        hint: `export ${keyVariable}=… before running`,
        at: ['model_configs', index, 'provider'],
      },
    ];
  });
}

/** The aliases that a column names, even when the rest of the column has mistakes. */
function askedAliases({ prepared, config }: DraftColumn): readonly string[] {
  const aliases: readonly unknown[] = prepared ? prepared.modelAliases : [config['model_alias']].flat();
  return aliases.filter((alias) => typeof alias === 'string');
}

const aliasesOf = (configs: readonly Json[]): readonly string[] =>
  configs.flatMap((config) =>
    isObject(config) && typeof config['alias'] === 'string' ? config['alias'] : [],
  );

/** The aliases that a column means: a misspelt one counts as a use of the similar one. */
function meantAliases(column: DraftColumn, aliases: readonly string[]): readonly string[] {
  return askedAliases(column).map((alias) => nearest(alias, aliases) ?? alias);
}

function unknownAliases(columns: readonly DraftColumn[], known: readonly string[]): readonly Problem[] {
  return columns.flatMap((column) =>
    askedAliases(column).flatMap((alias, index) => {
      if (known.includes(alias)) return [];
      return [
        {
          code: 'unknown-model',
          message: `no model has the alias \`${alias}\``,
          ...correction(alias, known, known.length === 0 ? 'declare it under `model_configs:`' : undefined),
          at: [...column.at, ...aliasAt(column, index)],
        },
      ];
    }),
  );
}

/** Columns that ask a model for something else than it makes. */
function otherModels(columns: readonly DraftColumn[], configs: readonly Json[]): readonly Problem[] {
  const types = new Map(configs.flatMap((config) => (isObject(config) ? [typeOf(config)] : [])));
  // What a column needs is not known until it is prepared: its type may be the mistake.
  return columns.flatMap((column) =>
    (column.prepared?.modelAliases ?? []).flatMap((alias, index) => {
      const type = types.get(alias);
      const made = MADE[column.prepared?.task ?? 'text'];
      if (type === undefined || (made.types as readonly string[]).includes(type)) return [];
      return [
        {
          code: 'generation-type',
          message: `the model \`${alias}\` has the generation type \`${type}\`, and ${made.not}`,
          hint:
            column.prepared?.task === undefined
              ? 'name another model'
              : `name another model, or give it \`inference_parameters: { generation_type: ${column.prepared.task} }\``,
          at: [...column.at, ...aliasAt(column, index)],
        },
      ];
    }),
  );
}

/** The generation types that a column can use. A chat may answer with images. */
const MADE = {
  text: { types: ['chat-completion'], not: 'writes no text' },
  embedding: { types: ['embedding'], not: 'makes no embeddings' },
  image: { types: ['image', 'chat-completion'], not: 'makes no images' },
} as const satisfies Record<string, { readonly types: readonly string[]; readonly not: string }>;

function typeOf({
  alias,
  inference_parameters: parameters,
}: JsonObject): readonly [string, string | undefined] {
  const type = isObject(parameters) ? parameters['generation_type'] : undefined;
  return [String(alias), typeof type === 'string' ? type : undefined];
}

/** What the protocol of a model cannot carry. */
function otherMedia(columns: readonly DraftColumn[], models: ReadonlyMap<string, Model>): readonly Problem[] {
  return columns.flatMap((column) =>
    (column.prepared?.modelAliases ?? []).flatMap((alias, index): readonly Problem[] => {
      const model = models.get(alias);
      if (!model || !column.prepared) return [];
      const { task, modalities = [] } = column.prepared;
      const { provider, definition } = model.endpoint;
      const { tasks, media } = definition.protocol;
      const at = [...column.at, ...aliasAt(column, index)];
      const named = `the provider \`${provider}\`, of the type \`${definition.name}\`,`;
      if (task && !tasks?.includes(task))
        return [
          {
            code: 'not-of-provider',
            message: `${named} makes no ${task}s`,
            hint: 'name a model of another provider',
            at,
          },
        ];
      const isChat = task !== 'image' || imageRoute(model) === 'chat';
      if (!isChat && modalities.length > 0)
        return [
          {
            severity: 'warning',
            code: 'not-of-provider',
            message: `\`multi_modal_context\` has no effect with \`${model.model}\`: \`/images/generations\` takes a prompt alone`,
            hint: 'remove it, or ask the model in a chat with `image_route: chat`',
            at,
          },
        ];
      const other = modalities.find((modality) => !media?.includes(modality));
      if (other === undefined) return [];
      return [
        {
          code: 'not-of-provider',
          message: `${named} takes no ${other} in a prompt`,
          hint: `remove it from \`multi_modal_context\`, or name a model of another provider`,
          at,
        },
      ];
    }),
  );
}

/** The path of an alias in its column. */
function aliasAt({ config }: DraftColumn, index: number): readonly (string | number)[] {
  if (!Object.hasOwn(config, 'model_alias')) return [];
  return Array.isArray(config['model_alias']) ? ['model_alias', index] : ['model_alias'];
}

function endpointOf(name: string, providers: readonly Json[], tools: ProviderTools): Endpoint | undefined {
  const own = providers.find((provider) => entryName(provider) === name);
  if (own === undefined && !builtInNames(tools.providers).includes(name)) return undefined;
  return tools.resolveEndpoint(name, own as JsonObject as unknown as ProviderConfig | undefined);
}

function unknownProvider(
  name: string,
  index: number,
  providers: readonly Json[],
  tools: ProviderTools,
): Problem {
  const known = [
    ...providers.flatMap((provider) => entryName(provider) ?? []),
    ...builtInNames(tools.providers),
  ];
  const address = addressNeeded(name, tools.providers);
  const words = address === undefined ? correction(name, known) : { hint: address };
  return {
    code: 'unknown-provider',
    message: `there is no provider \`${name}\``,
    ...words,
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
    ...splitParameters(parameters as InferenceParameters),
    structuredOutput: (config['structured_output'] ?? 'auto') as StructuredOutputMode,
    ...(config['image_route'] !== undefined && { imageRoute: config['image_route'] as ImageRoute }),
    ...(typeof config['context_window'] === 'number' && { contextWindow: config['context_window'] }),
    prices: (config['prices'] as Prices | undefined) ?? knownPrices(endpoint, String(config['model'])),
  };
}

/** The declaration for a provider whose type is known, but not its address. */
function addressNeeded(name: string, providers: Providers): string | undefined {
  const example = providers.get(name)?.example;
  return (
    example &&
    `its address is not known: under \`providers:\` declare { name: ${name}, provider_type: ${name}, endpoint: ${example.endpoint}, api_key: ${example.api_key} }`
  );
}

/** What the schema of a distribution cannot say. */
function wrongDistributions(
  { inference_parameters: parameters }: JsonObject,
  index: number,
): readonly Problem[] {
  return ['temperature', 'top_p'].flatMap((name) => {
    const given = isObject(parameters) ? parameters[name] : undefined;
    const { distribution_type: type, params } = isObject(given) ? given : {};
    if (!isObject(params)) return [];
    const message = mistakeOf(type, params);
    const at = ['model_configs', index, 'inference_parameters', name, 'params'];
    return message === undefined ? [] : [{ code: 'invalid-value', message: `\`${name}\`: ${message}`, at }];
  });
}

function mistakeOf(type: Json | undefined, { low, high, values, weights }: JsonObject): string | undefined {
  if (type === 'uniform') {
    if (low === undefined || high === undefined) return 'a uniform distribution has `low` and `high`';
    return Number(low) > Number(high) ? '`low` must not be more than `high`' : undefined;
  }
  if (type !== 'manual') return undefined;
  if (!Array.isArray(values)) return 'a manual distribution has `values`';
  if (!Array.isArray(weights)) return undefined;
  if (weights.length !== values.length) return '`weights` needs one entry for each of `values`';
  return weights.every((weight: Json) => weight === 0) ? 'one of `weights` must be more than 0' : undefined;
}

/** A fixed technique must be one that the provider's type supports. */
function unsupportedTechnique(
  config: JsonObject,
  { provider, definition }: Endpoint,
  index: number,
  providers: Providers,
): readonly Problem[] {
  const { name: type, techniques } = definition;
  const fixed = config['structured_output'] ?? 'auto';
  // The schema has already reported a value that is not a technique.
  const isFine = !isTechnique(fixed, providers) || techniques.includes(fixed);
  if (isFine) return [];
  return [
    {
      code: 'unknown-technique',
      message: `the provider \`${provider}\`, of the type \`${type}\`, does not support \`${fixed}\``,
      hint: `use one of auto, ${techniques.join(', ')}`,
      at: ['model_configs', index, 'structured_output'],
    },
  ];
}

/** Batches need a provider that takes them. */
function withoutBatches(config: JsonObject, endpoint: Endpoint, index: number): readonly Problem[] {
  const isAsked = config['batch'] === true;
  const key = isAsked ? 'batch' : 'batch_enqueued_token_limit';
  if ((!isAsked && config[key] === undefined) || batchProtocolOf(endpoint, true)) return [];
  return [
    {
      code: 'invalid-value',
      message: `\`${key}\`: dd knows no batches of the provider \`${endpoint.provider}\`, of the type \`${endpoint.definition.name}\``,
      hint: `it knows those of ${batchProtocols.map(({ summary }) => summary).join('; ')}; remove \`${key}\` to ask online`,
      at: ['model_configs', index, key],
    },
  ];
}

const isTechnique = (value: Json, providers: Providers): value is Technique =>
  [...providers.values()].some(({ techniques }) => techniques.some((technique) => technique === value));

/** One warning each; a config with all the default aliases of Data Designer has one for all of them. */
function unusedModels(unasked: ReadonlyMap<number, string>): readonly Problem[] {
  const found = { severity: 'warning', code: 'unused-model' } as const;
  const hint = 'name it in a `model_alias`, or remove it';
  const [first] = unasked.keys();
  if (unasked.size > 3 && first !== undefined) {
    const names = [...unasked.values()].map((alias) => `\`${alias}\``).join(', ');
    const message = `no column uses ${unasked.size} of the models: ${names}`;
    return [{ ...found, message, hint: 'remove them', at: ['model_configs', first, 'alias'] }];
  }
  return [...unasked].map(([index, alias]) => ({
    ...found,
    message: `no column uses the model \`${alias}\``,
    hint,
    at: ['model_configs', index, 'alias'],
  }));
}

function duplicates(section: string, key: string, entries: readonly Json[]): readonly Problem[] {
  const seen = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const name = entryName(entry);
    if (name === undefined) return [];
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, index);
      return [];
    }
    const message = `the ${key} \`${name}\` is used twice: entries ${first + 1} and ${index + 1} of \`${section}\``;
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
