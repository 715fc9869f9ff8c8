import { OPERATORS } from '../../samplers/constraints.js';
import { DEFAULTS } from '../../core/defaults.js';
import { REDACT_SCHEMA } from '../../redact/options.js';
import { CONDITION_SCHEMA } from '../../seeds/where.js';
import type { JsonObject, JsonSchema } from '../../core/json.js';
import { PARAM_NAME } from '../params/specs.js';
import { COLUMN_NAME, COLUMN_NAME_RULE } from '../../columns/types.js';

/** JSON Schemas of the parts of a recipe that do not depend on a registry. Editors show the descriptions. */

export function closedObject(
  description: string,
  properties: JsonObject,
  required: readonly string[] = [],
): JsonSchema {
  return { type: 'object', description, properties, required, additionalProperties: false };
}

const text = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description });

const flag = (description: string, fallback: boolean): JsonSchema => ({
  type: 'boolean',
  default: fallback,
  description,
});

export const columnName: JsonSchema = {
  type: 'string',
  pattern: COLUMN_NAME,
  patternErrorMessage: COLUMN_NAME_RULE,
  description: 'Name of the column in the dataset, and in the templates that read it.',
};

export const processorName: JsonSchema = {
  type: 'string',
  pattern: String.raw`^[\p{L}\p{N}_][\p{L}\p{N}._ -]{0,127}$`,
  patternErrorMessage: 'letters, digits, `.`, `_`, `-` and blanks, because a folder is named after it',
  description: 'Name of the processor, and of its folder in `processors-files`.',
};

/** Keys of every column, besides `name` and `column_type`. */
export const commonColumnKeys: JsonObject = {
  drop: flag('Other columns can read this column, but it is not written to the dataset.', false),
  skip: closedObject(
    'Skip the cell in some rows.',
    {
      when: text('Jinja condition. If it is true for a row, the cell is skipped.'),
      value: {
        type: ['string', 'number', 'boolean', 'null'],
        default: null,
        description: 'Value of a skipped cell.',
      },
    },
    ['when'],
  ),
  propagate_skip: flag('Also skip this column if a column it reads was skipped.', true),
  on_error: {
    enum: ['fail', 'null', null, 'keep_raw'],
    default: 'fail',
    description:
      'What becomes of a cell that fails after all retries. `fail`: its row fails. `null`: the cell is null, and columns that read it are made. `keep_raw`: likewise, and `{name}__raw` has the last answer of the model.',
  },
};

export const params: JsonSchema = {
  type: 'object',
  description: 'Values for `${{ params.name }}`. Each param becomes a flag of `dd run` for this recipe.',
  propertyNames: {
    pattern: PARAM_NAME,
    patternErrorMessage: 'lower case letters and digits, words joined by single underscores',
  },
  additionalProperties: closedObject('A param.', {
    type: {
      enum: ['string', 'integer', 'number', 'boolean'],
      description: 'Type of the value. Default: the type of the enum or the default value.',
    },
    format: {
      enum: ['path'],
      description:
        'A path. On the command line it is relative to the current folder, in the recipe to the recipe.',
    },
    enum: {
      type: 'array',
      minItems: 1,
      items: { type: ['string', 'number'] },
      description: 'The allowed values.',
    },
    default: { type: ['string', 'number', 'boolean'], description: 'The value if the flag is not given.' },
    description: { type: 'string', description: 'Shown by `dd run FILE --help`.' },
  }),
};

const extraBody: JsonSchema = {
  type: 'object',
  description: 'Additional keys for the body of every request.',
};

export const provider = (types: readonly string[]): JsonSchema =>
  closedObject(
    'A server of models.',
    {
      name: text(
        'Name of the provider for `provider` of models. Overrides a built-in provider of the same name.',
      ),
      endpoint: {
        type: 'string',
        pattern: '^https?://\\S+$',
        patternErrorMessage: 'a URL such as https://host/v1, without /chat/completions',
        description: 'Base URL, such as https://host/v1.',
      },
      provider_type: {
        enum: types,
        default: 'openai',
        description:
          'Protocol and features of the server. Use `openai` for any other OpenAI-compatible server.',
      },
      api_key: {
        type: 'string',
        pattern: '^[A-Z][A-Z0-9_]*$',
        patternErrorMessage: 'the NAME of an environment variable',
        description: 'NAME of the environment variable that holds the key; never the key itself.',
      },
      extra_body: extraBody,
      extra_headers: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description: 'Additional headers for every request.',
      },
    },
    ['name', 'endpoint'],
  );

/** A number, or how to draw one for each cell. */
function numberOrDistribution(maximum: number): JsonSchema {
  const value = { type: 'number', minimum: 0, maximum };
  const bound = (description: string): JsonSchema => ({ ...value, description });
  return {
    type: ['number', 'object'],
    minimum: 0,
    maximum,
    properties: {
      distribution_type: { enum: ['uniform', 'manual'], description: 'How it is drawn.' },
      params: closedObject('`low` and `high` of `uniform`; `values` and `weights` of `manual`.', {
        low: bound('The least value.'),
        high: bound('The most.'),
        values: { type: 'array', minItems: 1, items: value, description: 'The values to choose from.' },
        weights: {
          type: ['array', 'null'],
          items: { type: 'number', minimum: 0 },
          description: 'How often each of them is chosen. Default: equally often.',
        },
      }),
    },
    required: ['distribution_type', 'params'],
    additionalProperties: false,
    description:
      "A number, or a distribution from which one is drawn for each cell. Default: the server's own.",
  };
}

const inferenceParameters: JsonSchema = closedObject('How the model answers.', {
  generation_type: {
    enum: ['chat-completion', 'embedding', 'image'],
    default: 'chat-completion',
    description:
      'What the model makes: words for the `llm-…` columns, vectors for `embedding`, pictures for `image`.',
  },
  encoding_format: {
    enum: ['float', 'base64'],
    description: 'Of embeddings: how the server sends the numbers. `base64` is shorter.',
  },
  dimensions: {
    type: 'integer',
    minimum: 1,
    description: "Of embeddings: the length of a vector. Default: the model's own.",
  },
  temperature: numberOrDistribution(2),
  top_p: numberOrDistribution(1),
  max_tokens: { type: 'integer', minimum: 1, description: 'Maximum tokens of one answer.' },
  max_parallel_requests: {
    type: 'integer',
    minimum: 1,
    default: DEFAULTS.max_parallel_requests,
    description: 'Maximum requests in flight.',
  },
  timeout: {
    type: 'number',
    exclusiveMinimum: 0,
    default: DEFAULTS.timeout,
    description: 'Seconds until a call times out.',
  },
  stream: flag(
    'Ask for the answer as a stream of events, for models that answer in no other way. `timeout` then counts from the last event that arrived.',
    false,
  ),
  requests_per_minute: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'Maximum requests per minute. Default: no limit.',
  },
  tokens_per_minute: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'Maximum tokens per minute, input plus output. Default: no limit.',
  },
  extra_body: extraBody,
});

export const modelConfig: JsonSchema = closedObject(
  'A model that columns call by its alias.',
  {
    alias: text('Name of the model for the `model_alias` of columns.'),
    model: text("The provider's name of the model."),
    provider: text('Name of a built-in provider, or of one under `providers:`.'),
    inference_parameters: inferenceParameters,
    batch: {
      type: 'boolean',
      description:
        'Ask in batches, which cost about half and take up to a day. With false, not even with `dd run --batch`.',
    },
    batch_enqueued_token_limit: {
      type: 'integer',
      minimum: 1,
      description:
        "Maximum tokens of the prompts of batches in work together, such as OpenAI's batch queue limit. Further batches wait for room. Default: learned when the provider refuses a batch.",
    },
    structured_output: {
      enum: ['auto', 'json_schema', 'tool', 'guided_json', 'json_object', 'prompt'],
      default: 'auto',
      description: 'Technique for structured output. `auto` uses the first one that the endpoint accepts.',
    },
    image_route: {
      enum: ['generations', 'chat'],
      description:
        'How an `image` column asks this model: `generations` posts the prompt to `/images/generations`, `chat` takes the images of a chat completion. Default: `generations` for the names of models that make images alone, such as `gpt-image-1`; otherwise `chat`.',
    },
    context_window: {
      type: 'integer',
      minimum: 512,
      description:
        'Tokens of prompt and answer together. Longer prompts are shortened where they use `fit`, and `max_tokens` is lowered to what is left. Default: learned when the server refuses a prompt.',
    },
    prices: closedObject(
      'US dollars per million tokens. Overrides the prices that dd knows.',
      {
        input: { type: 'number', minimum: 0, description: 'Input tokens.' },
        output: { type: 'number', minimum: 0, description: 'Output tokens, including reasoning.' },
        cached_input: {
          type: 'number',
          minimum: 0,
          description: 'Input tokens cached by the provider. Default: the price of `input`.',
        },
      },
      ['input', 'output'],
    ),
    skip_health_check: flag('Accepted and ignored: dd makes no health checks.', false),
  },
  ['alias', 'model', 'provider'],
);

/** The variants of `mcp_providers`. */
export const toolProviders = [
  {
    type: 'stdio',
    summary:
      'A program on this machine. It is started only with --allow-tools, or where your settings allow it.',
    properties: {
      command: text('The program: a name that is looked up in PATH, or a path relative to the recipe.'),
      args: {
        type: 'array',
        items: { type: 'string' },
        description: 'Its arguments. It starts in the folder of the recipe.',
      },
      env: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description:
          'Its environment, beside PATH, HOME and the locale. `${NAME}` in a value is the environment variable of that name.',
      },
    },
    required: ['name', 'command'],
  },
  ...(['sse', 'streamable_http'] as const).map((type) => ({
    type,
    summary: `A server that is called over ${type === 'sse' ? 'HTTP with server-sent events, the older way' : 'streamable HTTP'}.`,
    properties: {
      endpoint: {
        type: 'string',
        pattern: '^https?://\\S+$',
        patternErrorMessage: 'a URL such as https://host/mcp',
        description: 'Its address, such as https://host/mcp.',
      },
      api_key: {
        type: 'string',
        pattern: '^[A-Z][A-Z0-9_]*$',
        patternErrorMessage: 'the NAME of an environment variable',
        description: 'NAME of the environment variable that holds the key; never the key itself.',
      },
    },
    required: ['name', 'endpoint'],
  })),
] as const;

export const toolProviderName = text('Name of the provider, for `providers` of `tool_configs`.');

export const toolConfig: JsonSchema = closedObject(
  'Tools that the model of a column may call before it answers.',
  {
    tool_alias: text('Name of these tools for the `tool_alias` of columns.'),
    providers: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
      description: 'Names of `mcp_providers`, of the recipe or of your settings.',
    },
    allow_tools: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Names of the tools that the model may call. Default: all of the providers.',
    },
    max_tool_call_turns: {
      type: 'integer',
      minimum: 1,
      default: DEFAULTS.max_tool_call_turns,
      description: 'How often the model may call tools for one cell; several calls at once count once.',
    },
    timeout_sec: {
      type: 'number',
      exclusiveMinimum: 0,
      default: DEFAULTS.tool_timeout,
      description: 'Seconds until a call of a tool times out, which the model is told.',
    },
  },
  ['tool_alias', 'providers'],
);

const count = (minimum: number, description: string): JsonSchema => ({
  type: 'integer',
  minimum,
  description,
});

export const acceptKey: JsonSchema = {
  description:
    'Condition on the finished row: Jinja such as `judge.quality.score >= 4`, or `{ jsonata: … }`. Rows that do not pass are made again, from the next seed row, until there are `num_records`.',
  anyOf: [
    ...CONDITION_SCHEMA.anyOf,
    closedObject(
      'The condition, and how often a row is made again.',
      {
        when: { ...CONDITION_SCHEMA, description: 'The condition: Jinja, or `{ jsonata: … }`.' },
        max_attempts: {
          ...count(1, 'How often a row is made until it passes, before the next seed row takes its place.'),
          default: DEFAULTS.max_attempts,
        },
        give_up_after: {
          ...count(
            1,
            'The run stops when none of so many first rows was accepted, and later when none of ten times as many in a row was.',
          ),
          default: DEFAULTS.give_up_after,
        },
      },
      ['when'],
    ),
  ],
};

/** Keys of `seed_config`, besides `source`. */
export const seedKeys: JsonObject = {
  where: {
    ...CONDITION_SCHEMA,
    description: 'Condition for the rows to use: Jinja such as `tool_call_count > 3`, or `{ jsonata: … }`.',
  },
  dedupe: {
    description:
      'Of several copies of a session, keep only the longest. `true`: copies have the same id, or are the beginning of a longer session.',
    default: false,
    anyOf: [
      { type: 'boolean' },
      closedObject(
        'How a copy is known.',
        {
          by: {
            enum: ['trace_id', 'content'],
            description: 'By its id, or by the messages that it has in common with a longer session.',
          },
          share: {
            type: 'number',
            exclusiveMinimum: 0,
            maximum: 1,
            default: 1,
            description: 'With `content`: the share of its messages that make a row a copy.',
          },
        },
        ['by'],
      ),
    ],
  },
  redact: REDACT_SCHEMA,
  group_by: {
    description:
      'A column or a list of columns: rows with equal values in them make one record, with `rows` and `row_count`.',
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
    ],
  },
  window: closedObject(
    'So many consecutive rows make one record, with `rows` and `row_count`; inside a group with `group_by`.',
    {
      size: count(1, 'Rows of a record. The last one may have fewer.'),
      stride: count(1, 'Rows from the beginning of a record to that of the next. Default: `size`.'),
    },
    ['size'],
  ),
  sampling_strategy: {
    enum: ['ordered', 'shuffle'],
    default: 'ordered',
    description: 'Order of the rows. `--seed` sets the seed of the shuffle.',
  },
  cycle: flag(
    'Where `--num-records` asks for more rows than there are, take them again from the first one, shuffled anew with `shuffle`. A row that comes again is a sample of its own.',
    false,
  ),
  selection_strategy: {
    description: 'The rows to use. Default: all.',
    anyOf: [
      closedObject(
        'Rows `start` to `end`, both included, counted from 0.',
        { start: count(0, 'First row.'), end: count(0, 'Last row.') },
        ['start', 'end'],
      ),
      closedObject(
        'One of several partitions of equal size.',
        {
          index: count(0, 'Partition number, counted from 0.'),
          num_partitions: count(1, 'Number of partitions.'),
        },
        ['index', 'num_partitions'],
      ),
    ],
  },
};

export const constraint: JsonSchema = closedObject(
  'A value of `target_column` that does not satisfy it is drawn again.',
  {
    constraint_type: {
      enum: ['scalar_inequality', 'column_inequality'],
      description: 'Compare with a value or with a column. Default: by `rhs`.',
    },
    target_column: text('The sampler column whose values are drawn again.'),
    operator: {
      enum: Object.keys(OPERATORS),
      description: 'The target is `lt` (<), `le` (<=), `gt` (>) or `ge` (>=) than `rhs`.',
    },
    rhs: {
      type: ['number', 'string'],
      description: 'A number, a date such as 2024-01-31, or the name of another sampler column.',
    },
  },
  ['target_column', 'operator', 'rhs'],
);

export const runConfig: JsonSchema = closedObject('Corrections, timeouts and early shutdown.', {
  max_conversation_correction_steps: {
    ...count(0, 'How often an invalid answer is shown to the model with its errors.'),
    default: DEFAULTS.max_conversation_correction_steps,
  },
  max_conversation_restarts: {
    ...count(0, 'How often the conversation then starts over.'),
    default: DEFAULTS.max_conversation_restarts,
  },
  cell_timeout: {
    type: 'number',
    exclusiveMinimum: 0,
    description:
      'Seconds until a cell times out, including retries and back-off, but not time in the queue. Default: none.',
  },
  shutdown_error_rate: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: DEFAULTS.shutdown_error_rate,
    description: 'The run stops if this share of the latest cells has no usable answer.',
  },
  shutdown_error_window: {
    ...count(1, 'Minimum number of latest cells for that share.'),
    default: DEFAULTS.shutdown_error_window,
  },
  disable_early_shutdown: flag('Never stop the run because of failed cells.', false),
});
