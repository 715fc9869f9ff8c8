import type { ColumnConfig } from '../columns/types.js';
import type { Json, JsonObject, JsonPath } from '../core/json.js';
import type { InferenceParameters } from '../models/types.js';
import type { RedactOptions } from '../redact/types.js';
import type { Where } from '../seeds/where.js';
import type { Problem, Span } from '../core/problem.js';

/** A recipe as data: what the YAML says, after params and overrides were filled in. */
export interface Recipe {
  readonly name: string;
  readonly description?: string;
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
  /** The protocol it speaks, and what it is known to be able to do. Default `openai`. */
  readonly provider_type?: ProviderType;
  /** NAME of the environment variable that holds the key. */
  readonly api_key?: string;
  readonly extra_headers?: Readonly<Record<string, string>>;
  readonly extra_body?: JsonObject;
}

/** `openai` stands for every OpenAI-compatible server that is none of the others. */
export type ProviderType =
  'openai' | 'anthropic' | 'azure' | 'nvidia' | 'openrouter' | 'ollama' | 'vllm' | 'lmstudio';

/** How a model is made to keep to a schema; `auto`: the strongest that its endpoint takes. */
export type StructuredOutputMode = 'auto' | 'json_schema' | 'tool' | 'guided_json' | 'prompt';

/** US dollars for a million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  /** Input that the provider had cached; as `input` when left out. */
  readonly cached_input?: number;
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

export interface SeedConfig {
  readonly source: { readonly seed_type: string } & JsonObject;
  readonly sampling_strategy?: 'ordered' | 'shuffle';
  readonly selection_strategy?: IndexRange | PartitionBlock;
  readonly where?: Where;
  readonly dedupe?: boolean;
  /** Whether secrets are replaced; by default where the kind of seed asks for it. */
  readonly redact?: boolean | RedactOptions;
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

export interface RunConfig {
  /** How often an invalid answer is shown to the model together with what is wrong. Default 1. */
  readonly max_conversation_correction_steps?: number;
  /** How often the question is then asked afresh. Default 2. */
  readonly max_conversation_restarts?: number;
  /** Seconds until a cell is given up, waits between tries included. None when left out. */
  readonly cell_timeout?: number;
  /** Share of cells without a usable answer, from 0 to 1, at which the run stops. Default 0.5. */
  readonly shutdown_error_rate?: number;
  /** Over how many of the latest cells, at least, that share is taken. Default 10. */
  readonly shutdown_error_window?: number;
  /** Never stop for failed calls. Default false. */
  readonly disable_early_shutdown?: boolean;
}

/** The recipe's text with a map from data back to places in it. */
export interface RecipeSource {
  readonly file: string;
  readonly text: string;
  /**
   * Where a value stands; the nearest enclosing one when there is nothing at `path` itself.
   * `within` narrows it to a part of a string, also inside block scalars.
   */
  locate(path: JsonPath, options?: { readonly onKey?: boolean; readonly within?: Span }): Span;
  /** The flag a value came from (`--set name`) when it does not stand in the file. */
  flagAt(path: JsonPath): string | undefined;
}

/** A recipe that was read. It may have problems; then only `dd validate` has a use for it. */
export interface LoadedRecipe {
  /** Absolute path. */
  readonly file: string;
  readonly source: RecipeSource;
  /** `undefined` when the text is not YAML at all. */
  readonly recipe: Recipe | undefined;
  /** Values of the params in force: flags over defaults. */
  readonly params: Readonly<Record<string, Json>>;
  /** Absolute paths of the files that its `$ref`s lead to, whether they are there or not. */
  readonly schemaFiles: readonly string[];
  readonly problems: readonly Problem[];
}
