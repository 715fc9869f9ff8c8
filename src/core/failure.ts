/** The kinds of failure, each with its meaning. The kind decides whether to retry and whether the run stops. */
export const FAILURE_CLASSES = [
  /** A prompt or expression could not be rendered from this row. */
  'template',
  /** The answer never became valid JSON of the schema. */
  'schema',
  /** The answer was cut at max_tokens. */
  'length',
  /** HTTP 429. */
  'rate',
  /** HTTP 5xx, or a response that is no answer (HTML, an empty body). */
  'overload',
  'timeout',
  /** Refused or reset connections, failed name look-ups. */
  'network',
  /** Other HTTP 4xx: the request itself is wrong. */
  'invalid-request',
  'context-window',
  'content-filter',
  /** HTTP 401, 403, or no key set. Stops the run. */
  'auth',
  /** Out of credit. Stops the run. */
  'quota',
  /** The run was interrupted or stopped before this cell was asked. */
  'stopped',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** True for failures that every other request would have too: a refused key, or no credit. They stop the run. */
export const isFatal = ({ class: kind }: { readonly class: FailureClass }): boolean =>
  kind === 'auth' || kind === 'quota';

/**
 * True for failures that say nothing about the row: it was never tried, or the provider refused every request. The
 * row counts as unfinished, and the next run makes it.
 */
export const isUntried = (failure: { readonly class: FailureClass }): boolean =>
  failure.class === 'stopped' || isFatal(failure);

/** One try of a cell, for `failures.jsonl`. */
export interface Attempt {
  /** The model that was asked. */
  readonly alias?: string;
  readonly class: FailureClass;
  readonly message: string;
  /** The answer as the server gave it, when there was one. */
  readonly answer?: string;
}

export interface Failure {
  readonly class: FailureClass;
  readonly message: string;
  /** What the person can do about it. */
  readonly hint?: string;
  readonly attempts: readonly Attempt[];
}
