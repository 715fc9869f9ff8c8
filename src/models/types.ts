import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Result } from '../core/result.js';
import type { FailureClass, Failure } from '../core/failure.js';
import type { InferenceParameters, Prices, ProviderType, StructuredOutputMode } from '../core/config.js';

/** One message of a chat, as OpenAI-compatible servers take it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Where to call: a provider of the recipe or a built-in one, with its key looked up in the environment. */
export interface Endpoint {
  readonly provider: string;
  readonly type: ProviderType;
  /** Base URL, ending before `/chat/completions`. */
  readonly url: string;
  /** Name of the environment variable that holds the key; `undefined` where none is needed. */
  readonly keyVariable: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extraBody: JsonObject;
}

/** A model behind an alias, resolved: everything a call needs. */
export interface Model {
  readonly alias: string;
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly parameters: InferenceParameters;
  readonly structuredOutput: StructuredOutputMode;
  /** `undefined` where nobody knows them: never taken for 0. */
  readonly prices: Prices | undefined;
}

/** Tokens, as the server counted them; `undefined` where it did not say. */
export interface Usage {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly cached: number | undefined;
  readonly reasoning: number | undefined;
}

/** One answer of a server, kept in the cell store word for word, but for a key in it. */
export interface Answer {
  readonly text: string;
  readonly reasoning?: string;
  /** The server's `finish_reason`: `stop`, `length`, `content_filter`, … */
  readonly finishReason: string;
  /** The model's name as the server gave it. */
  readonly model?: string;
  readonly usage: Usage;
}

/**
 * How a model is made to keep to a schema: by the server (`json_schema`, vLLM's `guided_json`), by the only
 * tool that it may and must call, or by words in the prompt.
 */
export type Technique = Exclude<StructuredOutputMode, 'auto'>;

/** Exactly what is sent once: the cell store's key is made of this. */
export interface ChatRequest {
  readonly model: Model;
  readonly messages: readonly ChatMessage[];
  /** Present when the answer must be JSON of this schema. */
  readonly schema?: JsonSchema;
}

/** A wire call that gave no usable answer. */
export interface CallError {
  readonly class: FailureClass;
  readonly message: string;
  readonly hint?: string;
  /** HTTP status, when there was a response. */
  readonly status?: number;
  /** The server's own wish, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** True when the server refused `response_format` itself: the technique is to blame, not the request. */
  readonly refusesSchema?: boolean;
  /** The parameter that this model does not take, by name: `temperature`, `max_tokens`, … */
  readonly refusesParameter?: string;
}

/** One HTTP call: no retry, no queue, no store. A new provider type is one of these. */
export interface ChatTransport {
  send(request: ChatRequest, technique: Technique, signal: AbortSignal): Promise<Result<Answer, CallError>>;
}

/**
 * Where answers are kept, word for word, before anything is done with them. Keys are hashes of the exact
 * request (`requestKey`); what is stored is never asked again.
 */
export interface AnswerStore {
  get(key: string): Answer | undefined;
  /** Resolves when the answer is safe on disk. */
  put(key: string, answer: Answer): Promise<void>;
  /** Small facts worth keeping between runs, such as which technique an endpoint takes. */
  recall(name: string): string | undefined;
  remember(name: string, value: string): Promise<void>;
}

/** What a column wants to know from a model. */
export interface Question {
  readonly alias: string;
  /** Aliases that are asked in turn when the one before has failed for good. */
  readonly fallbacks?: readonly string[];
  /** The column that asks: what its calls took is counted by it. */
  readonly column: string;
  readonly messages: readonly ChatMessage[];
  readonly output?: StructuredOutput;
  /** Tells equal requests of different rows apart; the same row gets the same answer again. */
  readonly sample: string;
  /** Whose turn comes first among those who wait: the lower, the sooner. Rows are asked for in their order. */
  readonly turn: number;
  /** Default: as the run was started. */
  readonly effort?: Effort;
}

/**
 * What may be sent for the sake of one cell: nothing, when only stored answers count; what is missing; or,
 * where every stored answer turned out useless, the question afresh.
 */
export type Effort = 'stored' | 'missing' | 'afresh';

/** The shape an answer must have. */
export interface StructuredOutput {
  readonly schema: JsonSchema;
  /** Turns harmless deviations (a score as text) into what was meant, before the check. */
  readonly coerce?: (value: Json) => Json;
  /** Everything wrong with the value, one sentence each, written for the model to read; empty when valid. */
  readonly check: (value: Json) => readonly string[];
}

export interface Reply {
  /** The checked value; the text itself when no output shape was asked for. */
  readonly value: Json;
  readonly text: string;
  readonly reasoning?: string;
  /** The conversation that led here, ending with the answer. */
  readonly conversation: readonly ChatMessage[];
}

/** The models of a run: what a column's generator talks to. */
export interface Models {
  ask(question: Question): Promise<Result<Reply, Failure>>;
}
