/**
 * The configuration of a run: a recipe as data, after params and overrides are filled in. The keys are Data
 * Designer's. The defaults of optional values are in `defaults.ts`.
 */
import type { Json, JsonObject } from './json.js';

/** A recipe as data, after params and overrides are filled in. */
export interface Recipe {
  readonly name: string;
  readonly description?: string;
  /** Modules that add types; loaded only with permission. */
  readonly plugins?: readonly string[];
  readonly params?: Readonly<Record<string, ParamSpec>>;
  readonly providers?: readonly ProviderConfig[];
  readonly model_configs?: readonly ModelConfig[];
  /** Servers of tools that speak the Model Context Protocol. */
  readonly mcp_providers?: readonly McpProviderConfig[];
  /** What columns name as their `tool_alias`. */
  readonly tool_configs?: readonly ToolConfig[];
  readonly seed_config?: SeedConfig;
  readonly columns: readonly ColumnConfig[];
  /** What sampler columns must satisfy. */
  readonly constraints?: readonly JsonObject[];
  readonly run_config?: RunConfig;
  /** What is done with the rows after they are made, in order. */
  readonly processors?: readonly ProcessorConfig[];
  /** Accepted for compatibility with Data Designer and ignored: `dd report` describes every dataset. */
  readonly profilers?: readonly Json[];
  /** Every random choice follows from it: samplers, shuffles, distributions of parameters. Default 0. */
  readonly seed?: number;
  /** How many rows to make. Default: all of the seed; 10 without one. */
  readonly num_records?: number;
  /** Which finished rows are wanted; others are made in their place. */
  readonly accept?: Accept;
  /** What `dd export` writes when it is given no format. */
  readonly exports?: readonly ExportConfig[];
  /** In place of columns of its own: datasets that are made one after the other. See `recipe/stages.ts`. */
  readonly stages?: readonly StageConfig[];
}

/** An entry of `stages`. It is made as a recipe of its own, with what the whole recipe shares. */
export interface StageConfig extends Partial<
  Pick<
    Recipe,
    | 'description'
    | 'columns'
    | 'constraints'
    | 'run_config'
    | 'processors'
    | 'num_records'
    | 'accept'
    | 'exports'
  >
> {
  readonly name: string;
  /** The stages whose rows are its seed rows. */
  readonly needs?: string | readonly string[];
  /** How the rows of several stages are put together. */
  readonly join?: StageJoin;
  /** Without rows, its dataset is empty, and so are those that need it. Default: an error. */
  readonly allow_empty?: boolean;
  /** Without a `source` where there are `needs`. */
  readonly seed_config?: Partial<SeedConfig>;
}

export interface StageJoin {
  /** Columns that all of the stages have: rows with equal values in them are put together. */
  readonly on: string | readonly string[];
  /** `left` keeps rows of the first stage without a partner. Default: `inner`. */
  readonly how?: 'inner' | 'left';
}

export type Accept = Where | AcceptConfig;

/** The long form of `accept`. */
export interface AcceptConfig {
  /** A condition on the finished row; it can also read dropped columns. */
  readonly when: Where;
  /** How often a row is made until it passes. Default 1: the next row of the seed takes its place. */
  readonly max_attempts?: number;
  /** The run stops when so many rows, the first ones, were not accepted; later it takes ten times as many in a row. */
  readonly give_up_after?: number;
}

/** What a condition reads as `review` of an exported row. */
export const REVIEW_SCHEMA = {
  type: 'object',
  properties: {
    verdict: { enum: ['keep', 'drop', null] },
    note: { type: ['string', 'null'] },
    scores: { type: 'object', additionalProperties: true },
    edited: { type: 'boolean' },
  },
  additionalProperties: false,
};

/** The parts of a training example. */
export const EXAMPLE_FIELDS = [
  'messages',
  'system',
  'prompt',
  'completion',
  'chosen',
  'rejected',
  'label',
  'tools',
] as const;

export type ExampleField = (typeof EXAMPLE_FIELDS)[number];

/** An entry of `exports`: a folder of files. */
export interface ExportConfig {
  readonly name: string;
  readonly format: string;
  /** Use the reviews of `dd view`. Conditions can then read `review`. */
  readonly reviews?: boolean;
  readonly where?: Where;
  /** JSONata for the parts of a training example. */
  readonly map?: Readonly<Partial<Record<ExampleField, string>>>;
  /** Names of splits with their shares. */
  readonly split?: Readonly<Record<string, number>>;
  readonly group_by?: string;
  readonly dedupe?: boolean | { readonly by?: readonly string[]; readonly share?: number };
  /** Test sets; paths are relative to the recipe. */
  readonly decontaminate?: { readonly files: readonly string[]; readonly words?: number };
  readonly max_tokens?: number;
  readonly tokenizer?: string;
}

/** A param of a recipe; becomes a flag of `dd run`. */
export interface ParamSpec {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean';
  /** `path`: on the command line it is relative to the current folder; in the recipe, to the recipe's. */
  readonly format?: 'path';
  readonly enum?: readonly (string | number)[];
  readonly default?: string | number | boolean;
  readonly description?: string;
}

export interface ProviderConfig {
  readonly name: string;
  readonly endpoint: string;
  /**
   * A name in the registry of providers, which sets the protocol and the features. Default `openai`, for every
   * other OpenAI-compatible server.
   */
  readonly provider_type?: string;
  /** NAME of the environment variable that holds the key. */
  readonly api_key?: string;
  readonly extra_headers?: Readonly<Record<string, string>>;
  readonly extra_body?: JsonObject;
}

/** A server of tools: a program that is started, or one that runs somewhere. */
export type McpProviderConfig = StdioProvider | RemoteProvider;

export interface StdioProvider {
  readonly name: string;
  readonly provider_type: 'stdio';
  readonly command: string;
  readonly args?: readonly string[];
  /** Values may name variables of the environment as `${NAME}`. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RemoteProvider {
  readonly name: string;
  readonly provider_type: 'sse' | 'streamable_http';
  readonly endpoint: string;
  /** NAME of the environment variable that holds the key. */
  readonly api_key?: string;
}

/** Tools that a model may call. */
export interface ToolConfig {
  readonly tool_alias: string;
  /** Names of `mcp_providers`. */
  readonly providers: readonly string[];
  /** Default: all tools of the providers. */
  readonly allow_tools?: readonly string[];
  readonly max_tool_call_turns?: number;
  /** Seconds for one call. */
  readonly timeout_sec?: number;
}

export interface ModelConfig {
  readonly alias: string;
  readonly model: string;
  readonly provider: string;
  readonly inference_parameters?: InferenceParameters;
  readonly structured_output?: StructuredOutputMode;
  /** How an `image` column asks the model. Default: `generations` for the names of models that make images alone. */
  readonly image_route?: ImageRoute;
  /** Ask in batches, which cost less and take up to a day; false: never, whatever the flag says. */
  readonly batch?: boolean;
  /** The most tokens of prompts that batches of this model may have in work together. */
  readonly batch_enqueued_token_limit?: number;
  /** Tokens of prompt and answer together. Learned from the server's refusals if left out. */
  readonly context_window?: number;
  /** Overrides the built-in price table. */
  readonly prices?: Prices;
  /** Accepted for compatibility with Data Designer and ignored: there is no health check. */
  readonly skip_health_check?: boolean;
}

/** `/images/generations`, or a chat whose answer has images in it. */
export type ImageRoute = 'generations' | 'chat';

/** `inference_parameters` of a model, as Data Designer names them. */
export interface InferenceParameters {
  /** Of embeddings: how the numbers are sent. */
  readonly encoding_format?: 'float' | 'base64';
  /** Of embeddings: the length of a vector. */
  readonly dimensions?: number;
  readonly temperature?: number | Distribution;
  readonly top_p?: number | Distribution;
  readonly max_tokens?: number;
  /** The maximum number of requests in flight to this endpoint and model. */
  readonly max_parallel_requests?: number;
  /** Seconds until a call times out. */
  readonly timeout?: number;
  /** Ask for the answer as a stream of events. `timeout` then counts from the last event. */
  readonly stream?: boolean;
  /** Quotas of this endpoint and model: requests and tokens per minute. */
  readonly requests_per_minute?: number;
  readonly tokens_per_minute?: number;
  readonly extra_body?: JsonObject;
}

/** A number that is drawn for each cell. */
export type Distribution =
  | {
      readonly distribution_type: 'uniform';
      readonly params: { readonly low: number; readonly high: number };
    }
  | {
      readonly distribution_type: 'manual';
      /** Without weights, all values are equally likely. */
      readonly params: { readonly values: readonly number[]; readonly weights?: readonly number[] | null };
    };

/** The technique for structured output; `auto` uses the strongest that the endpoint accepts. */
export type StructuredOutputMode = 'auto' | 'json_schema' | 'tool' | 'guided_json' | 'json_object' | 'prompt';

/** US dollars per million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  /** Input tokens that the provider has cached. Default: the price of `input`. */
  readonly cached_input?: number;
}

export interface SeedConfig {
  readonly source: { readonly seed_type: string } & JsonObject;
  readonly sampling_strategy?: 'ordered' | 'shuffle';
  readonly selection_strategy?: IndexRange | PartitionBlock;
  /** Take the rows again when more are asked for than there are. */
  readonly cycle?: boolean;
  readonly where?: Where;
  /** Columns: rows with equal values in them make one record. */
  readonly group_by?: string | readonly string[];
  /** So many consecutive rows make one record; inside a group with `group_by`. */
  readonly window?: SeedWindow;
  readonly dedupe?: boolean | Exclude<Dedupe, true>;
  /** Replaces secrets. The default depends on the seed type. */
  readonly redact?: boolean | RedactOptions;
}

export interface SeedWindow {
  /** Rows. */
  readonly size: number;
  /** From the beginning of a window to that of the next, in rows. Default: the size. */
  readonly stride?: number;
}

/** How a copy of a session is known. `true`: by its id, or because it is the beginning of a longer one. */
export type Dedupe =
  | true
  | {
      readonly by: 'trace_id' | 'content';
      /** With `content`: a row is a copy if a longer one has this share of its messages. Default 1. */
      readonly share?: number;
    };

/** A condition on rows: a Jinja condition, with or without braces, or a JSONata expression. */
export type Where = string | { readonly jsonata: string };

/** The value of `seed_config.redact`; `true` means the defaults, `false` turns redaction off. */
export interface RedactOptions {
  /** Keys, tokens, passwords and private keys. Default: true. */
  readonly secrets?: boolean;
  /** E-mail addresses. Default: false. */
  readonly emails?: boolean;
  /** The user name in paths of the home folder. Default: false. */
  readonly user_names?: boolean;
  /** Tokens of the recipe's own, replaced by `[REDACTED:kind]`. */
  readonly rules?: readonly RedactRule[];
  /** Regular expressions of values that stay: one that matches a whole value. */
  readonly allow?: readonly string[];
}

export interface RedactRule {
  readonly kind: string;
  /** A regular expression that begins with three plain characters or more. */
  readonly pattern: string;
}

/** Rows `start` to `end`, both inclusive, counted from 0. */
export interface IndexRange {
  readonly start: number;
  readonly end: number;
}

/** Block `index` of `num_partitions` blocks whose sizes differ by at most one. */
export interface PartitionBlock {
  readonly index: number;
  readonly num_partitions: number;
}

/** The keys every processor has. */
export interface ProcessorConfig {
  /** Names its folder in `processors-files`. */
  readonly name: string;
  readonly processor_type: string;
}

/** The keys every column has. */
export interface ColumnConfig {
  readonly name: string;
  readonly column_type: string;
  /** Other columns can read it, but it is not written to the dataset. */
  readonly drop?: boolean;
  readonly skip?: SkipConfig;
  /** Skip this column too when one it reads from was skipped. Default true. */
  readonly propagate_skip?: boolean;
  /** What becomes of a cell that fails after all retries. Default `fail`. */
  readonly on_error?: OnError;
}

/**
 * `fail`: the row fails. `null`: the cell is null, and the row goes on. `keep_raw`: likewise, and a side column has the
 * last answer of the model as text. The value null is read as `null` in text.
 */
export type OnError = 'fail' | 'null' | 'keep_raw';

export interface SkipConfig {
  /** A Jinja condition; the cell is skipped when it is true. */
  readonly when: string;
  /** The value of a skipped cell. Default null. */
  readonly value?: Json;
}

export interface RunConfig {
  /** How often an invalid answer is sent back to the model with its errors. */
  readonly max_conversation_correction_steps?: number;
  /** How often the conversation then starts over. */
  readonly max_conversation_restarts?: number;
  /** Seconds until a cell times out, including retries and back-off. Default: no limit. */
  readonly cell_timeout?: number;
  /** Share of cells without a usable answer, from 0 to 1, at which the run stops. */
  readonly shutdown_error_rate?: number;
  /** The minimum number of latest cells for that share. */
  readonly shutdown_error_window?: number;
  /** Never stop the run because of failed cells. Default false. */
  readonly disable_early_shutdown?: boolean;
}
