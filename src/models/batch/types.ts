/**
 * Batch APIs: many requests are handed in together, answered within a day, and cost less. A protocol is one file in
 * `protocols/` and one line in its `index.ts`. It knows how a provider's batches are handed in, listed, watched and
 * read. What is asked, when, and what becomes of the answers is the business of `run/batch/`.
 */
import type { Result } from '../../core/result.js';
import type { JsonObject } from '../../core/json.js';
import type { Answer, CallError, ChatRequest, Endpoint, Model, Route, Technique } from '../types.js';

/** A kind of batch API. */
export interface BatchProtocol {
  readonly name: string;
  /** Whose it is, for messages: `OpenAI, Groq and …`. */
  readonly summary: string;
  /** `known`: this endpoint takes such batches. `possible`: it may, where the recipe says so with `batch: true`. */
  serves(endpoint: Endpoint): 'known' | 'possible' | 'no';
  limits(endpoint: Endpoint): BatchLimits;
  /** The request that creates a batch holds everything: no file is uploaded before. */
  readonly isOneRequest?: boolean;
  /**
   * Milliseconds that a provider may work on a request to hand in whose answer was lost, before its list has the batch.
   * A minute when left out.
   */
  readonly graceMs?: number;
  /** What an answer costs, as a share of its usual price: 0.5. */
  readonly priceShare: number;
  /** Keys are read from `env` for each call. */
  open(endpoint: Endpoint, env: Readonly<Record<string, string | undefined>>, route: Route): BatchClient;
}

/** What one batch may hold at most. */
export interface BatchLimits {
  readonly requests: number;
  /** Bytes of all lines. */
  readonly bytes: number;
}

/** One endpoint's batches. Every call is made once: whether and when to call again is decided by the caller. */
export interface BatchClient {
  /** One request as one line of JSON, with the id by which its result is found again. */
  line(id: string, request: ChatRequest, technique: Technique): string;
  /** Hands in a batch; returns the provider's id of it. */
  submit(batch: NewBatch, signal: AbortSignal): Promise<Result<string, CallError>>;
  /** Looks among the provider's batches for one that was perhaps handed in, by our id. */
  find(batch: LostBatch, signal: AbortSignal): Promise<Result<FoundBatches, CallError>>;
  status(batch: string, signal: AbortSignal): Promise<Result<BatchStatus, CallError>>;
  /** Writes the results of an ended batch to `folder`, as lines that `item` reads. */
  download(status: BatchStatus, folder: string, signal: AbortSignal): Promise<Result<Downloaded, CallError>>;
  /** One line of the results; `undefined` for a line that names no request. */
  item(line: JsonObject): BatchItem | undefined;
  /** Reads the response to one request, as if it had come online. */
  read(response: BatchResponse, model: Model): Result<Answer, CallError>;
  cancel(batch: string, signal: AbortSignal): Promise<Result<void, CallError>>;
}

export interface NewBatch {
  /** Our id, which goes into the batch's metadata. */
  readonly id: string;
  readonly model: Model;
  /** The file of its lines. */
  readonly file: string;
  /** What an earlier, interrupted try has uploaded already. */
  readonly upload: string | undefined;
  /** Called when the file is uploaded, before the batch is created. Resolves when that is written down. */
  readonly onUploaded: (upload: string) => Promise<void>;
  /**
   * The same in every try whose earlier one had no answer, so that a server which honours `Idempotency-Key`
   * (draft-ietf-httpapi-idempotency-key-header) makes one batch of them.
   */
  readonly idempotencyKey: string;
}

export interface LostBatch {
  readonly id: string;
  readonly upload: string | undefined;
  /** When it may have been handed in at the earliest: milliseconds since 1970. */
  readonly since: number;
  readonly requests: number;
  /** The provider's ids of other batches of ours. */
  readonly known: ReadonlySet<string>;
}

export interface Downloaded {
  /** The files on the disk. */
  readonly files: readonly string[];
  /** How many the provider names, but does not have: not yet, or no more. */
  readonly missing: number;
}

/** What was found of a batch: more than one where two requests to hand it in arrived. */
export interface FoundBatches {
  /** The provider's ids, the newest first. */
  readonly ids: readonly string[];
  /** A batch of which only its end shows whether it is the lost one. */
  readonly unsure?: string;
}

/**
 * How far a batch is. `running`: it goes on. `ended`: it has results, perhaps not of all requests. `failed`: it was
 * refused as a whole, and nothing was answered. `unknown`: the provider uses a word that is new; it is waited for.
 */
export interface BatchStatus {
  readonly state: 'running' | 'ended' | 'failed' | 'unknown';
  /** The provider's own word. */
  readonly says: string;
  readonly counts?: { readonly total: number; readonly answered: number; readonly failed: number };
  /** Why it failed. `isQueueFull`: too many tokens wait already, and it can be handed in later. */
  readonly error?: { readonly message: string; readonly isQueueFull: boolean };
  /** What `download` needs. */
  readonly results?: readonly string[];
}

export interface BatchResponse {
  readonly status: number;
  readonly body: string;
}

/** The result of one request. `unanswered`: the batch expired or was cancelled before it was asked. */
export type BatchItem =
  | { readonly id: string; readonly kind: 'response'; readonly response: BatchResponse }
  | { readonly id: string; readonly kind: 'unanswered' };
