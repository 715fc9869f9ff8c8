/** The kinds of failure, each with its meaning. The kind decides whether to retry and whether the run stops. */
export const FAILURE_CLASSES = [
  /** A prompt or expression could not be rendered from this row. */
  'template',
  /** A sampler drew no value that satisfies its constraints. */
  'constraint',
  /** No answer was valid JSON that matches the schema. */
  'schema',
  /** The answer was truncated at max_tokens. */
  'length',
  /** HTTP 429. */
  'rate',
  /** HTTP 5xx, or a response that is not an answer (HTML, an empty body). */
  'overload',
  'timeout',
  /** Refused or reset connections, failed DNS look-ups. */
  'network',
  /** Other HTTP 4xx: the request itself is wrong. */
  'invalid-request',
  'context-window',
  'content-filter',
  /** HTTP 401, 403, or no key set. Stops the run. */
  'auth',
  /** Out of credit. Stops the run. */
  'quota',
  /** The run was interrupted or stopped before this cell was made. */
  'stopped',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** True for failures that every other request would also get: a refused key, or no credit. They stop the run. */
export const isFatal = ({ class: kind }: { readonly class: FailureClass }): boolean =>
  kind === 'auth' || kind === 'quota';

/**
 * True for failures that do not depend on the row: it was never tried, or the provider refuses every request. The
 * row counts as unfinished, and the next run makes it.
 */
export const isUntried = (failure: Pick<Failure, 'class' | 'isLongLimit'>): boolean =>
  failure.class === 'stopped' || failure.isLongLimit === true || isFatal(failure);

/** One try of a cell, for `failures.jsonl`. */
export interface Attempt {
  /** The model that was called. */
  readonly alias?: string;
  readonly class: FailureClass;
  readonly message: string;
  /** The raw answer of the server, if there was one. */
  readonly answer?: string;
}

export interface Failure {
  readonly class: FailureClass;
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  /** True when the provider wants no request for more than ten minutes, such as at a daily limit. */
  readonly isLongLimit?: boolean;
  readonly attempts: readonly Attempt[];
}
