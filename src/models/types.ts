import type { Dispatcher } from 'undici';
import type {
  Distribution,
  ImageRoute,
  InferenceParameters,
  Prices,
  StructuredOutputMode,
} from '../core/config.js';
import type { Failure, FailureClass } from '../core/failure.js';
import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Modality } from '../core/media-type.js';
import type { Random } from '../core/random.js';
import type { Result } from '../core/result.js';
import type { TokenRoom, WindowUse } from './wire/token-room.js';

/** A chat message, as OpenAI-compatible servers expect it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Images, sounds and films; they go before the text. */
  readonly media?: readonly MediaPart[];
  /** Of an answer: the tools that it calls. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of an answer that calls tools: thinking that the vendor wants back as it came. */
  readonly thoughts?: readonly JsonObject[];
  /** Of a tool's result: the call that it answers. */
  readonly toolCallId?: string;
  /** Of a tool's result: the tool failed. */
  readonly isError?: boolean;
}

/** A call that a model asks for. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it: it may be broken. */
  readonly arguments: string;
  /** Further keys of a vendor, which it wants back as they came. */
  readonly extra?: JsonObject;
}

/** A tool as models see it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonSchema;
}

/** What a tool answered. An error is for the model to read. */
export interface ToolResult {
  readonly text: string;
  readonly media?: readonly MediaPart[];
  readonly isError?: boolean;
}

/** The tools of a column: those of one `tool_alias`. */
export interface ToolKit {
  /** In a fixed order. */
  readonly definitions: readonly ToolDefinition[];
  /** How often the model may call tools, however many at once. */
  readonly maxTurns: number;
  /** What stands for the server of a tool in the keys of its results. */
  identityOf(tool: string): string;
  /** Calls a tool of `definitions`. The error is that of the server, which is no result: nothing is stored. */
  call(tool: string, given: JsonObject, signal: AbortSignal): Promise<Result<ToolResult, CallError>>;
}

/** The tools of a run. */
export interface Toolbox {
  /** The tools of a `tool_alias`. Servers are started for the first one who asks. */
  kitOf(toolAlias: string): Promise<Result<ToolKit, CallError>>;
}

/** An image, a sound or a film in a message: an address that the server reads, or the bytes. */
export type MediaPart =
  | { readonly modality: Modality; readonly url: string }
  | {
      readonly modality: Modality;
      /** The type that its bytes have: `image/png`. */
      readonly mime: string;
      readonly base64: string;
      readonly bytes: number;
      /** Of the bytes, in hex. Keys of answers are made of it, not of the base64. */
      readonly sha256: string;
    };

/**
 * What is asked for in place of words. The text of the answer is then JSON: a list of vectors, one for each message, or
 * a list of images in base64 (`task-answer.ts`).
 */
export type Task = 'embedding' | 'image';

/** A message of a conversation as it took place. */
export interface SpokenMessage extends ChatMessage {
  /** What the model thought before an answer. It is not sent. */
  readonly reasoning?: string;
}

/** A provider of the recipe or a built-in one, as its calls need it. */
export interface Endpoint {
  readonly provider: string;
  /** What is particular about this kind of provider. */
  readonly definition: ProviderDefinition;
  /** Base URL, ending before `/chat/completions`. */
  readonly url: string;
  /** Name of the environment variable with the key; `undefined` when no key is needed. */
  readonly keyVariable: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extraBody: JsonObject;
}

/** Parameters without distributions. */
export type SettledParameters = Omit<InferenceParameters, 'temperature' | 'top_p'> & {
  readonly temperature?: number;
  readonly top_p?: number;
};

/** The model of an alias, resolved: everything that a call needs. */
export interface Model {
  readonly alias: string;
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly parameters: SettledParameters;
  /** Parameters that are drawn for each cell. */
  readonly drawn?: { readonly temperature?: Distribution; readonly top_p?: Distribution };
  readonly structuredOutput: StructuredOutputMode;
  /** Tokens of prompt and answer together, as the recipe says it; else it is learned from the server's refusals. */
  readonly contextWindow?: number;
  /** How images are asked for; left out, the name of the model says it (`wire/task-body.ts`). */
  readonly imageRoute?: ImageRoute;
  /** `undefined` when unknown, which never counts as 0. */
  readonly prices: Prices | undefined;
}

/** Tokens as counted by the server; `undefined` when it did not say. */
export interface Usage {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly cached: number | undefined;
  readonly reasoning: number | undefined;
}

/** An answer of a server, as it is stored: unchanged, except that keys are removed from it. */
export interface Answer {
  readonly text: string;
  readonly reasoning?: string;
  /** The tools that it calls, where some were offered. */
  readonly toolCalls?: readonly ToolCall[];
  /** Thinking that the vendor wants back with the results of tools. */
  readonly thoughts?: readonly JsonObject[];
  /** The server's `finish_reason`; `finishOf` knows what it means. */
  readonly finishReason: string;
  /** The model's name according to the server. */
  readonly model?: string;
  readonly usage: Usage;
  /** What was paid for it, as a share of the usual price: answers of batches cost half. 1 when left out. */
  readonly priceShare?: number;
}

/**
 * How a model is made to follow a schema: enforced by the server (`json_schema`, vLLM's `guided_json`), as the
 * parameters of a tool that it must call, as `json_object` with the schema beside it, or by instructions in the prompt.
 */
export type Technique = Exclude<StructuredOutputMode, 'auto'>;

/**
 * A kind of provider: what `provider_type` names. Each is one value; those that have a `home` are built-in providers
 * of the same name, too.
 */
export interface ProviderDefinition {
  readonly name: string;
  readonly protocol: Protocol;
  /** How its models can be made to keep to a schema, the first choice first. */
  readonly techniques: readonly Technique[];
  /** Whether a technique cannot go together with what else is in the body. */
  readonly excludes?: (technique: Technique, body: JsonObject) => boolean;
  /** The header that carries the key. */
  readonly keyHeader: (key: string) => Readonly<Record<string, string>>;
  /** The keys of a body that ask for `guided_json`. */
  readonly guidedJson?: (schema: JsonSchema) => JsonObject;
  /**
   * Whether its strict mode takes `minLength` and `maxLength`, as servers do that make a grammar of the schema. Left
   * out: on this machine yes, elsewhere no.
   */
  readonly sendsLengths?: boolean;
  /** Where it is when no recipe says so. */
  readonly home?: ProviderHome;
  /** Where it may be, for types whose address has the name of an account in it: recipes have to say it. */
  readonly example?: ProviderHome;
  /** The end of an endpoint that is not part of the base URL, when someone writes it too. */
  readonly path: RegExp;
}

export interface ProviderHome {
  readonly endpoint: string;
  /** NAME of the variable that holds the key. */
  readonly api_key?: string;
  /** Variable that moves it elsewhere, as the provider's own SDK understands it. */
  readonly urlVariable?: string;
  /** Headers whose values are in variables, by header: sent to this address only. */
  readonly headerVariables?: Readonly<Record<string, string>>;
}

/** How a server is talked to: `openai-chat`, `anthropic-messages`. */
export interface Protocol {
  readonly name: string;
  /** What it makes besides words. */
  readonly tasks?: readonly Task[];
  /** What a prompt can have besides words. */
  readonly media?: readonly Modality[];
  /** A transport to one endpoint. Keys are read from `env` for each call. */
  open(endpoint: Endpoint, env: Readonly<Record<string, string | undefined>>, route: Route): ChatTransport;
}

/** The way to an endpoint. */
export interface Route {
  /** NAME of the variable whose proxy is on the way, for messages; `undefined` where there is none. */
  readonly proxyVariable: string | undefined;
  /** Where connections come from. */
  open(): Promise<Dispatcher>;
}

/** One request to a model. The key of its stored answer is the hash of this (`requestKey`). */
export interface ChatRequest {
  readonly model: Model;
  readonly messages: readonly ChatMessage[];
  /** Left out, words. */
  readonly task?: Task;
  /** The schema of the answer, when it must be JSON. */
  readonly schema?: JsonSchema;
  /** The tools that the model may call. */
  readonly tools?: readonly ToolDefinition[];
  /** Makes an answer of the right form, for dry runs; see `TextForm`. */
  readonly example?: TextForm['example'];
  /** True where the server takes no `stream_options`, which ask a stream for its usage. */
  readonly leavesOutUsage?: boolean;
}

/** A call that failed. */
export interface CallError {
  readonly class: FailureClass;
  readonly message: string;
  readonly hint?: string;
  /** HTTP status, when there was a response. */
  readonly status?: number;
  /** The server's Retry-After, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Name of the header that asks for it. */
  readonly waitHeader?: string;
  /** True when the server rejected the technique (`response_format`), not the request. */
  readonly refusesSchema?: boolean;
  /** The parameter that the model rejects: `temperature`, `max_tokens`, … */
  readonly refusesParameter?: string;
  /** How large `max_tokens` may be, where the server refuses it as too large. */
  readonly tokenRoom?: TokenRoom;
  /** The context window and the tokens of the prompt, where the server states them. */
  readonly windowUse?: WindowUse;
  /** True for a success that can be no answer, such as a web page: the next one is probably the same. */
  readonly isNoAnswer?: boolean;
  /** True for a 403 that does not name the key: it may be meant for this request only. */
  readonly isUnclear?: boolean;
  /** True when the server wants no request for more than ten minutes, such as at a daily limit. */
  readonly isLongLimit?: boolean;
  /** The text that the model wrote, where the server itself found it malformed. */
  readonly answer?: string;
}

/** Makes one HTTP call: no retry, no queue, no store. A new provider type implements this. */
export interface ChatTransport {
  send(request: ChatRequest, technique: Technique, signal: AbortSignal): Promise<Result<Answer, CallError>>;
}

/**
 * Stores answers unchanged, before they are used. The key is the hash of the exact request (`requestKey`); a
 * request with a stored answer is not sent again.
 */
export interface AnswerStore {
  get(key: string): Answer | undefined;
  /**
   * Resolves when the answer is on disk. A store that others write to as well keeps the first answer to a key: it
   * resolves to that one, when it is not this one.
   */
  put(key: string, answer: Answer): Promise<Answer | void>;
  /** Small facts for later runs, such as the technique that an endpoint supports. */
  recall(name: string): string | undefined;
  remember(name: string, value: string): Promise<void>;
}

/** A column's request to a model, for one cell. */
export interface ModelRequest {
  readonly alias: string;
  /** Aliases that are asked in order, each when the one before has failed for good. */
  readonly fallbacks?: readonly string[];
  /** Usage is counted by column. */
  readonly column: string;
  readonly messages: readonly ChatMessage[];
  /** The same messages, shorter: the bounds of all `fit` filters are multiplied by `scale`. Absent without `fit`. */
  readonly shrink?: (scale: number) => readonly ChatMessage[] | undefined;
  /** Left out, words. Not together with `output` and `form`. */
  readonly task?: Task;
  readonly output?: StructuredOutput;
  /** The tools that the model may call before it answers: a `tool_alias`. */
  readonly toolAlias?: string;
  /** These tools, once their servers have listed them. */
  readonly tools?: ToolKit;
  /** For an answer that is text of a certain form; not together with `output`. */
  readonly form?: TextForm;
  /** Identity of the row: equal requests of different rows get different answers. */
  readonly rowId: string;
  /** Starts the cell's generator of random numbers, for parameters that are drawn. */
  readonly random?: () => Random;
  /** The lowest goes first when requests wait: the row's index. */
  readonly priority: number;
  /** The run's own policy when left out. */
  readonly cachePolicy?: CachePolicy;
}

/**
 * Which requests may be sent for a cell: none (`cache-only`), those without a stored answer (`cache-first`), or
 * those and new ones when no stored answer is usable (`refresh`).
 */
export type CachePolicy = 'cache-only' | 'cache-first' | 'refresh';

/** A program that answers requests, one JSON object a line. */
export interface ProgramCommand {
  /** The program and its arguments. No shell reads them. */
  readonly command: readonly string[];
  /** NAMES of the variables that it gets besides the usual ones. */
  readonly env: readonly string[];
  /** How often it is started again after it has ended or was ended. */
  readonly restarts: number;
}

/** A request to a service that is no model, for one cell: JSON is posted, and JSON comes back. */
export interface ServiceRequest {
  readonly column: string;
  /** How messages name the service. */
  readonly name: string;
  readonly url: string;
  /** `${NAME}` in a value is the environment variable of that name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  /** Changes the key of the stored reply, where the service has changed. */
  readonly version?: string;
  /** Started in place of a post to `url`, which is empty then. */
  readonly program?: ProgramCommand;
  /** Send requests of the column that wait at the same time as one, with the lists `data` of their bodies joined. */
  readonly together?: { readonly rows: number; readonly requests: number };
  /** Seconds. */
  readonly timeout: number;
  /** Tries after the first. */
  readonly retries: number;
  /** Seconds before the first retry; each further wait is twice as long. */
  readonly backoff: number;
  /** Requests of the column at the same time. */
  readonly parallel: number;
  /** Every mistake of a reply; empty when it can be used. */
  readonly check: (reply: Json) => readonly string[];
  /** Makes a reply for dry runs; `undefined` where none could be made. */
  readonly example: () => Promise<Json | undefined>;
  readonly cachePolicy?: CachePolicy;
}

/** The shape that an answer must have. */
export interface StructuredOutput {
  readonly schema: JsonSchema;
  /** Corrects harmless deviations (a score as text) before the check. */
  readonly coerce?: (value: Json) => Json;
  /** Every error of the value, as a sentence for the model; empty when valid. */
  readonly check: (value: Json) => readonly string[];
}

/** The form of an answer that has the value in a text around it, such as a fenced code block. */
export interface TextForm {
  /** The value, or what is wrong with the answer as sentences for the model. */
  read(answer: string): Result<string, readonly string[]>;
  /** How to answer. It ends the prompt, and each request for a correction. */
  readonly instructions: string;
  /** An answer of this form with a text in it. */
  example(text: string): string;
}

export interface Reply {
  /** The checked value; the text itself when the request has neither `task` nor `output` nor `form`. */
  readonly value: Json;
  readonly text: string;
  readonly reasoning?: string;
  /** The whole conversation, ending with the answer. */
  readonly conversation: readonly SpokenMessage[];
  /** The tools that the model could call. */
  readonly tools?: readonly ToolDefinition[];
}

/** The models of a run, as a column's generator sees them. */
export interface Models {
  ask(request: ModelRequest): Promise<Result<Reply, Failure>>;
  /** Calls a service that is no model. Absent where no service may be called. */
  call?(request: ServiceRequest): Promise<Result<Json, Failure>>;
}
