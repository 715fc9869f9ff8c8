import { DEFAULTS } from '../../core/defaults.js';
import { REDACT_SCHEMA } from '../../redact/options.js';
import type { JsonObject, JsonSchema } from '../../core/json.js';
import { PARAM_NAME } from '../params/specs.js';

/** The parts of a recipe that no registry adds to, as JSON Schema. Descriptions are what editors show. */

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

/** A name that a template can read without brackets. */
const COLUMN_NAME = '^[A-Za-z_][A-Za-z0-9_]*$';

export const columnName: JsonSchema = {
  type: 'string',
  pattern: COLUMN_NAME,
  patternErrorMessage:
    'letters, digits and underscores, not beginning with a digit, so that a template can read it',
  description: 'Name of the column in the dataset, and in the templates that read it.',
};

/** Keys of every column, beside `name` and `column_type`. */
export const commonColumnKeys: JsonObject = {
  drop: flag('Make the column and let others read it, but leave it out of the dataset.', false),
  skip: closedObject(
    'Leave the cell out in some rows.',
    {
      when: text('Jinja template; the cell is skipped where it renders to something true.'),
      value: {
        type: ['string', 'number', 'boolean', 'null'],
        default: null,
        description: 'Written in place of a skipped cell.',
      },
    },
    ['when'],
  ),
  propagate_skip: flag('Skip this column too where one that it reads was skipped.', true),
};

export const params: JsonSchema = {
  type: 'object',
  description:
    'Values to fill in with `${{ params.name }}`; each becomes a flag of `dd run` for this recipe.',
  propertyNames: {
    pattern: PARAM_NAME,
    patternErrorMessage: 'lower case letters and digits, words joined by single underscores',
  },
  additionalProperties: closedObject('A param.', {
    type: {
      enum: ['string', 'integer', 'number', 'boolean'],
      description: 'Type of the value; that of the enum or the default when left out.',
    },
    format: {
      enum: ['path'],
      description: 'A path: on the command line relative to the current folder, in the recipe to the recipe.',
    },
    enum: {
      type: 'array',
      minItems: 1,
      items: { type: ['string', 'number'] },
      description: 'The values it can take.',
    },
    default: { type: ['string', 'number', 'boolean'], description: 'Its value when the flag is not given.' },
    description: { type: 'string', description: 'Shown by `dd run FILE --help`.' },
  }),
};

const extraBody: JsonSchema = { type: 'object', description: 'Further keys for the body of every request.' };

export const provider: JsonSchema = closedObject(
  'A server of models.',
  {
    name: text(
      'What `provider:` of a model calls it. Takes the place of a built-in provider of the same name.',
    ),
    endpoint: {
      type: 'string',
      pattern: '^https?://\\S+$',
      patternErrorMessage: 'a URL such as https://host/v1, without /chat/completions',
      description: 'Base URL, such as https://host/v1.',
    },
    provider_type: {
      enum: ['openai', 'anthropic', 'azure', 'nvidia', 'openrouter', 'ollama', 'vllm', 'lmstudio'],
      default: 'openai',
      description:
        'The protocol it speaks, and what it can do; `openai` for every other OpenAI-compatible server.',
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
      description: 'Further headers for every request.',
    },
  },
  ['name', 'endpoint'],
);

const inferenceParameters: JsonSchema = closedObject('How the model answers.', {
  generation_type: {
    enum: ['chat-completion'],
    default: 'chat-completion',
    description: 'What is asked of it.',
  },
  temperature: {
    type: 'number',
    minimum: 0,
    maximum: 2,
    description: "The server's own default when left out.",
  },
  top_p: { type: 'number', minimum: 0, maximum: 1, description: "The server's own default when left out." },
  max_tokens: { type: 'integer', minimum: 1, description: 'Most tokens of one answer.' },
  max_parallel_requests: {
    type: 'integer',
    minimum: 1,
    default: DEFAULTS.max_parallel_requests,
    description: 'Requests in flight at once.',
  },
  timeout: {
    type: 'number',
    exclusiveMinimum: 0,
    default: DEFAULTS.timeout,
    description: 'Seconds until a call is given up.',
  },
  requests_per_minute: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'At most so many requests are sent in a minute. No limit when left out.',
  },
  tokens_per_minute: {
    type: 'number',
    exclusiveMinimum: 0,
    description: 'At most so many tokens, of input and output, are used in a minute. No limit when left out.',
  },
  extra_body: extraBody,
});

export const modelConfig: JsonSchema = closedObject(
  'A model that columns call by its alias.',
  {
    alias: text('What `model_alias:` of a column calls it.'),
    model: text("The model's name, as its provider knows it."),
    provider: text('Name of a built-in provider, or of one under `providers:`.'),
    inference_parameters: inferenceParameters,
    structured_output: {
      enum: ['auto', 'json_schema', 'tool', 'guided_json', 'prompt'],
      default: 'auto',
      description:
        'How the model is made to keep to a schema; `auto` takes the strongest that its endpoint accepts.',
    },
    prices: closedObject(
      'US dollars for a million tokens, in place of those that dd knows.',
      {
        input: { type: 'number', minimum: 0, description: 'Input.' },
        output: { type: 'number', minimum: 0, description: 'Output, reasoning included.' },
        cached_input: {
          type: 'number',
          minimum: 0,
          description: 'Input from a cache; as `input` when left out.',
        },
      },
      ['input', 'output'],
    ),
    skip_health_check: flag('Accepted and ignored: no model is ever called unasked.', false),
  },
  ['alias', 'model', 'provider'],
);

const count = (minimum: number, description: string): JsonSchema => ({
  type: 'integer',
  minimum,
  description,
});

/** Keys of `seed_config` beside `source`. */
export const seedKeys: JsonObject = {
  where: {
    description:
      'Which rows to take, by their own columns: a Jinja condition such as `tool_call_count > 3`, or `{ jsonata: … }`.',
    anyOf: [
      { type: 'string', minLength: 1 },
      closedObject(
        'A condition in JSONata.',
        { jsonata: { type: 'string', minLength: 1, description: 'The expression.' } },
        ['jsonata'],
      ),
    ],
  },
  dedupe: {
    type: 'boolean',
    default: false,
    description: 'Keep only the longest of the copies that resumed sessions and checkpoints leave behind.',
  },
  redact: REDACT_SCHEMA,
  sampling_strategy: {
    enum: ['ordered', 'shuffle'],
    default: 'ordered',
    description: 'The order rows are taken in; `--seed` decides the shuffle.',
  },
  selection_strategy: {
    description: 'Which rows to take; all when left out.',
    anyOf: [
      closedObject(
        'Rows `start` to `end`, both included, counted from 0.',
        { start: count(0, 'First row.'), end: count(0, 'Last row.') },
        ['start', 'end'],
      ),
      closedObject(
        'One block of equal blocks.',
        { index: count(0, 'Which block, from 0.'), num_partitions: count(1, 'How many blocks there are.') },
        ['index', 'num_partitions'],
      ),
    ],
  },
};

export const runConfig: JsonSchema = closedObject('How the run treats its cells.', {
  max_conversation_correction_steps: {
    ...count(0, 'How often an invalid answer is shown to the model together with what is wrong.'),
    default: DEFAULTS.max_conversation_correction_steps,
  },
  max_conversation_restarts: {
    ...count(0, 'How often the question is then asked afresh.'),
    default: DEFAULTS.max_conversation_restarts,
  },
  cell_timeout: {
    type: 'number',
    exclusiveMinimum: 0,
    description:
      'Seconds until a cell is given up, waits between tries included, but not the wait for its turn. None when left out.',
  },
  shutdown_error_rate: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: DEFAULTS.shutdown_error_rate,
    description: 'Share of cells without a usable answer at which the run stops.',
  },
  shutdown_error_window: {
    ...count(1, 'Over how many of the latest cells, at least, that share is taken.'),
    default: DEFAULTS.shutdown_error_window,
  },
  disable_early_shutdown: flag('Never stop the run for cells that fail.', false),
});
