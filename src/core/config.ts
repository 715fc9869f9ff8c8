/**
 * The configuration of a run: a recipe as data, after params and overrides were filled in. Keys are Data
 * Designer's. Values that may be left out have their defaults in `defaults.ts`.
 */
import type { Json, JsonObject } from './json.js';

/** A recipe as data: what the YAML says, after params and overrides were filled in. */
export interface Recipe {
  readonly name: string;
  readonly description?: string;
  /** Modules with further types, loaded only where the person allows it. */
  readonly plugins?: readonly string[];
  readonly params?: Readonly<Record<string, ParamSpec>>;
  readonly providers?: readonly ProviderConfig[];
  readonly model_configs?: readonly ModelConfig[];
  readonly seed_config?: SeedConfig;
  readonly columns: readonly ColumnConfig[];
  readonly run_config?: RunConfig;
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
   * The name of its kind in the registry of providers: the protocol it speaks, and what it can do. Default `openai`,
   * for every OpenAI-compatible server that is none of the others.
   */
  readonly provider_type?: string;
  /** NAME of the environment variable that holds the key. */
  readonly api_key?: string;
  readonly extra_headers?: Readonly<Record<string, string>>;
  readonly extra_body?: JsonObject;
}

export interface ModelConfig {
  readonly alias: string;
  readonly model: string;
  readonly provider: string;
  readonly inference_parameters?: InferenceParameters;
  readonly structured_output?: StructuredOutputMode;
  /** In place of those of the built-in table. */
  readonly prices?: Prices;
  /** Accepted for Data Designer's sake; nothing is ever probed unasked. */
  readonly skip_health_check?: boolean;
}

/** `inference_parameters` of a model, as Data Designer names them. */
export interface InferenceParameters {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_tokens?: number;
  /** Requests in flight at once to this endpoint and model. */
  readonly max_parallel_requests?: number;
  /** Seconds until one call is given up. */
  readonly timeout?: number;
  /** At most so many requests, or tokens, are sent in a minute, to this endpoint and model. */
  readonly requests_per_minute?: number;
  readonly tokens_per_minute?: number;
  readonly extra_body?: JsonObject;
}

/** How a model is made to keep to a schema; `auto`: the strongest that its endpoint takes. */
export type StructuredOutputMode = 'auto' | 'json_schema' | 'tool' | 'guided_json' | 'prompt';

/** US dollars for a million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  /** Input that the provider had cached; as `input` when left out. */
  readonly cached_input?: number;
}

export interface SeedConfig {
  readonly source: { readonly seed_type: string } & JsonObject;
  readonly sampling_strategy?: 'ordered' | 'shuffle';
  readonly selection_strategy?: IndexRange | PartitionBlock;
  readonly where?: Where;
  readonly dedupe?: boolean;
  /** Whether secrets are replaced; by default where the kind of seed asks for it. */
  readonly redact?: boolean | RedactOptions;
}

/** `seed_config.where`: a Jinja condition, with or without braces, or a JSONata expression. */
export type Where = string | { readonly jsonata: string };

/** What a recipe says under `seed_config.redact`; `true` stands for the defaults, `false` for none. */
export interface RedactOptions {
  /** Keys, tokens, passwords and private keys. Default: true. */
  readonly secrets?: boolean;
  /** E-mail addresses. Default: false. */
  readonly emails?: boolean;
  /** The name of the home folder's user in paths. Default: false. */
  readonly user_names?: boolean;
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

/** The keys every column has. */
export interface ColumnConfig {
  readonly name: string;
  readonly column_type: string;
  /** Made and usable by other columns, but not written to the dataset. */
  readonly drop?: boolean;
  readonly skip?: SkipConfig;
  /** Skip this column too when one it reads from was skipped. Default true. */
  readonly propagate_skip?: boolean;
}

export interface SkipConfig {
  /** Jinja; the cell is skipped when it renders to something true. */
  readonly when: string;
  /** Written in place of the cell. */
  readonly value?: Json;
}

export interface RunConfig {
  /** How often an invalid answer is shown to the model together with what is wrong. */
  readonly max_conversation_correction_steps?: number;
  /** How often the question is then asked afresh. */
  readonly max_conversation_restarts?: number;
  /** Seconds until a cell is given up, waits between tries included. None when left out. */
  readonly cell_timeout?: number;
  /** Share of cells without a usable answer, from 0 to 1, at which the run stops. */
  readonly shutdown_error_rate?: number;
  /** Over how many of the latest cells, at least, that share is taken. */
  readonly shutdown_error_window?: number;
  /** Never stop for failed calls. Default false. */
  readonly disable_early_shutdown?: boolean;
}
