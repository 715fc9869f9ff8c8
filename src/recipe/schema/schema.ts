import { DEFAULTS } from '../../core/defaults.js';
import type { JsonObject, JsonSchema } from '../../core/json.js';
import type { Registries } from '../registries.js';
import { exportConfigs } from './exports.js';
import {
  acceptKey,
  closedObject,
  columnName,
  constraint,
  commonColumnKeys,
  modelConfig,
  params,
  processorName,
  provider,
  runConfig,
  seedKeys,
  toolConfig,
  toolProviderName,
  toolProviders,
} from './parts.js';
import { SEED_COLUMN } from '../../columns/types.js';
import { STAGE_NAME } from '../../seeds/stage/index.js';

/**
 * The JSON Schema (draft 2020-12) of a recipe after params are filled in: the common parts, and those of the
 * registered column types, seed types and providers.
 */
export function recipeSchema(registries: Registries): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dd recipe',
    ...closedObject('Where rows come from, which models may be called, and how each column is made.', {
      $schema: { type: 'string', description: 'JSON Schema of this file, for editors.' },
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
        patternErrorMessage: 'letters, digits, `.`, `_` and `-`, because a folder is named after it',
        description: "Name of the dataset. Default: the recipe's file name.",
      },
      description: { type: 'string', description: 'Description of the dataset.' },
      plugins: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description:
          'Plugins with further types: paths relative to the recipe, or names of npm packages. Loaded only with --allow-plugins, or where your settings trust them.',
      },
      params,
      providers: {
        type: 'array',
        items: provider([...registries.providers.keys()]),
        description: 'Model servers, in addition to the built-in ones.',
      },
      model_configs: {
        type: 'array',
        items: modelConfig,
        description: 'The models that columns can use.',
      },
      mcp_providers: {
        type: 'array',
        items: { $ref: '#/$defs/mcp_provider' },
        description: 'Servers of tools that speak the Model Context Protocol.',
      },
      tool_configs: {
        type: 'array',
        items: toolConfig,
        description: 'The tools that columns can name as their `tool_alias`.',
      },
      seed_config: { $ref: '#/$defs/seed_config', required: ['source'] },
      columns: {
        type: 'array',
        items: { $ref: '#/$defs/column' },
        description: 'The columns to make. The order follows from what they read.',
      },
      constraints: { type: 'array', items: constraint, description: 'What sampler columns must satisfy.' },
      run_config: runConfig,
      processors: {
        type: 'array',
        items: { $ref: '#/$defs/processor' },
        description: 'What is done with the rows after they are made, in this order.',
      },
      profilers: {
        type: 'array',
        description:
          "Accepted and ignored, for Data Designer's configs: `dd report` describes every dataset.",
      },
      seed: {
        type: 'integer',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        default: DEFAULTS.seed,
        description: 'Every random choice follows from it: shuffles, samplers, the filter `random`.',
      },
      num_records: {
        type: 'integer',
        minimum: 1,
        description:
          'How many rows to make. `--num-records` overrides it. Default: all rows of the seed; 10 without a seed.',
      },
      accept: acceptKey,
      exports: exportConfigs(registries.exporters),
      stages: {
        type: 'array',
        minItems: 1,
        items: { $ref: '#/$defs/stage' },
        description: 'In place of `columns`: datasets that are made one after the other.',
      },
    }),
    allOf: [
      // A seed can be run through processors alone.
      { if: { anyOf: [{ required: ['seed_config'] }, { required: ['stages'] }] }, else: someColumns },
      { if: { required: ['stages'] }, else: { required: ['columns'] } },
    ],
    $defs: {
      ...columnSchemas(registries),
      ...processorSchemas(registries),
      ...seedSchemas(registries),
      ...toolProviderSchemas(),
      stage: stageSchema(registries),
    },
  };
}

const someColumns = { properties: { columns: { minItems: 1, description: 'The columns to make.' } } };

/** A stage has the keys of a recipe that concern one dataset. */
function stageSchema({ exporters }: Registries): JsonSchema {
  return {
    ...closedObject(
      'A dataset of its own. Its seed rows are the rows of the stages that it needs.',
      {
        name: {
          type: 'string',
          ...STAGE_NAME,
          description:
            'Name of the stage. Its dataset is called after the recipe and the stage: RECIPE.STAGE.',
        },
        needs: {
          description: 'The stages, one or several, whose rows are its seed rows. Several need `join`.',
          anyOf: [
            { type: 'string', minLength: 1 },
            { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
          ],
        },
        join: closedObject(
          'How the rows of several stages are put together. They keep the order of the first stage, then of the second.',
          {
            on: {
              description: 'A column or a list of columns: rows with equal values in them are put together.',
              anyOf: [
                { type: 'string', minLength: 1 },
                { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
              ],
            },
            how: {
              enum: ['inner', 'left'],
              default: 'inner',
              description:
                'Rows of the first stage without a partner: `inner` leaves them out, `left` keeps them, with null in the columns of the others.',
            },
          },
          ['on'],
        ),
        description: { type: 'string', description: 'Description of the dataset.' },
        seed_config: {
          $ref: '#/$defs/seed_config',
          description: 'Which rows of the stages that it needs; or, without `needs`, where rows come from.',
        },
        columns: {
          type: 'array',
          items: { $ref: '#/$defs/column' },
          description: 'The columns to make. The order follows from what they read.',
        },
        constraints: { type: 'array', items: constraint, description: 'What sampler columns must satisfy.' },
        run_config: { ...runConfig, description: "In addition to the recipe's, for this stage." },
        processors: {
          type: 'array',
          items: { $ref: '#/$defs/processor' },
          description: 'What is done with the rows after they are made, in this order.',
        },
        allow_empty: {
          type: 'boolean',
          description:
            'Without rows, the dataset of this stage is empty, and so are those of the stages that need it. Default: the run ends with an error.',
        },
        num_records: {
          type: 'integer',
          minimum: 1,
          description: 'How many rows to make. Default: all rows of the seed; 10 without a seed.',
        },
        accept: acceptKey,
        exports: exportConfigs(exporters),
      },
      ['name'],
    ),
    allOf: [
      {
        if: { anyOf: [{ required: ['needs'] }, { required: ['seed_config'] }] },
        else: { ...someColumns, required: ['columns'] },
      },
      {
        if: { required: ['needs'] },
        else: { properties: { seed_config: { required: ['source'], description: 'Where rows come from.' } } },
      },
    ],
  };
}

function columnSchemas({ columnTypes }: Registries): JsonObject {
  const kinds = [...columnTypes.values()].map(({ type, summary, schema }) => ({ type, summary, ...schema }));
  const variants = [
    ...kinds,
    { type: SEED_COLUMN, summary: seedColumnSummary, properties: {}, required: [], rules: {} },
  ];
  return {
    column: {
      ...closedByKind('column_type', 'The column type.', variants, 'column'),
      required: ['name', 'column_type'],
    },
    ...Object.assign({}, ...kinds.map(({ definitions = {} }) => definitions)),
    ...Object.fromEntries(
      variants.map(({ type, summary, properties, required, rules }) => [
        `column-${type}`,
        {
          ...closedObject(
            summary,
            { name: columnName, column_type: { const: type }, ...properties, ...commonColumnKeys },
            required,
          ),
          title: `${type} column`,
          ...rules,
        },
      ]),
    ),
  };
}

function toolProviderSchemas(): JsonObject {
  return {
    mcp_provider: {
      ...closedByKind('provider_type', 'How it is reached.', toolProviders, 'mcp_provider'),
      required: ['name', 'provider_type'],
    },
    ...Object.fromEntries(
      toolProviders.map(({ type, summary, properties, required }) => [
        `mcp_provider-${type}`,
        {
          ...closedObject(
            summary,
            { name: toolProviderName, provider_type: { const: type }, ...properties },
            required,
          ),
          title: `${type} provider of tools`,
        },
      ]),
    ),
  };
}

function processorSchemas({ processorTypes }: Registries): JsonObject {
  const kinds = [...processorTypes.values()].map(({ type, summary, schema }) => ({
    type,
    summary,
    ...schema,
  }));
  return {
    processor: {
      ...closedByKind('processor_type', 'The processor type.', kinds, 'processor'),
      required: ['name', 'processor_type'],
    },
    ...Object.fromEntries(
      kinds.map(({ type, summary, properties, required, rules }) => [
        `processor-${type}`,
        {
          ...closedObject(
            summary,
            { name: processorName, processor_type: { const: type }, ...properties },
            required,
          ),
          title: `${type} processor`,
          ...rules,
        },
      ]),
    ),
  };
}

const seedColumnSummary = 'A seed column. List it only to leave it out of the dataset with `drop`.';

function seedSchemas({ seedTypes }: Registries): JsonObject {
  const kinds = [...seedTypes.values()].map(({ type, summary, schema }) => ({ type, summary, ...schema }));
  return {
    seed_config: closedObject('Where rows come from.', {
      source: {
        ...closedByKind('seed_type', 'The seed type.', kinds, 'seed'),
        description: 'The seed. Its other keys depend on `seed_type`.',
        required: ['seed_type'],
      },
      ...seedKeys,
    }),
    ...Object.fromEntries(
      kinds.map(({ type, summary, properties, required }) => [
        `seed-${type}`,
        closedObject(summary, { seed_type: { const: type }, ...properties }, required),
      ]),
    ),
  };
}

/**
 * An object whose other keys depend on `tag`. It uses `if`/`then` instead of `oneOf`, so that a validator reports only
 * the errors of the chosen kind, and editors suggest its keys.
 */
function closedByKind(
  tag: string,
  description: string,
  kinds: readonly { readonly type: string; readonly summary: string }[],
  prefix: string,
): JsonSchema {
  return {
    type: 'object',
    properties: {
      [tag]: {
        enum: kinds.map(({ type }) => type),
        enumDescriptions: kinds.map(({ summary }) => summary),
        description,
      },
    },
    allOf: kinds.map(({ type }) => ({
      if: { type: 'object', properties: { [tag]: { const: type } }, required: [tag] },
      // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's word
      then: { $ref: `#/$defs/${prefix}-${type}` },
    })),
  };
}
