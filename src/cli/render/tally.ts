import type { CellFailure, RunEvent } from '../../core/events.js';
import { count } from './text.js';

/** The progress of a run, computed from its events. */
export interface Tally {
  readonly columns: Map<string, ColumnTally>;
  /** Number of rows, as far as known. */
  rows: number;
  admitted: number;
  ended: number;
  /** With `accept`: how many rows are wanted (`null`: as many as there are), and what became of those that were made. */
  accept?: { readonly wanted: number | null; accepted: number; rejected: number };
  inFlight: number;
  calls: number;
  retries: number;
  inputTokens: number;
  outputTokens: number;
  /** US dollars of the calls whose price and tokens are known. */
  usd: number;
  /** Answered calls whose cost is not known. */
  unpricedCalls: number;
  /** How many requests a model may have in flight, by alias: now, and at most. */
  readonly limits: Map<string, { readonly limit: number; readonly ceiling: number }>;
  /** What calls wait for, by model. An answer of the model ends it. */
  readonly waits: Map<string, Wait>;
  /** When a call last ended, or was the first to begin; in the clock's milliseconds. */
  quietSince: number;
  /** When the call that began last is given up. */
  lastDeadline: number;
}

/** Times in the clock's milliseconds. */
export interface Wait {
  readonly reason: string;
  readonly hint: string | undefined;
  readonly since: number;
  readonly until: number;
}

export interface ColumnTally {
  /** True if the column asks a model. Only these columns take noticeable time. */
  readonly asks: boolean;
  done: number;
  failed: number;
  skipped: number;
  firstFailure?: { readonly row: number; readonly message: string };
}

export function newTally(): Tally {
  return {
    columns: new Map(),
    rows: 0,
    admitted: 0,
    ended: 0,
    inFlight: 0,
    calls: 0,
    retries: 0,
    inputTokens: 0,
    outputTokens: 0,
    usd: 0,
    unpricedCalls: 0,
    limits: new Map(),
    waits: new Map(),
    quietSince: 0,
    lastDeadline: Infinity,
  };
}

/**
 * Adds one event to a tally.
 *
 * @param now the clock's milliseconds
 */
export function record(tally: Tally, event: RunEvent, now = 0): void {
  switch (event.kind) {
    case 'start':
      tally.rows = event.rows;
      if (event.wanted !== undefined) tally.accept = { wanted: event.wanted, accepted: 0, rejected: 0 };
      for (const { name, modelAliases } of event.columns) {
        tally.columns.set(name, { asks: modelAliases.length > 0, done: 0, failed: 0, skipped: 0 });
      }
      return;
    case 'rows-guessed':
      tally.rows = Math.max(event.rows, tally.admitted);
      return;
    case 'rows-counted':
      tally.rows = event.rows;
      return;
    case 'row-admitted':
      tally.admitted += 1;
      tally.rows = Math.max(tally.rows, tally.admitted);
      return;
    case 'row-end':
      tally.ended += 1;
      if (tally.accept && (event.state === 'done' || event.state === 'skipped')) tally.accept.accepted += 1;
      return;
    case 'row-rejected':
      if (tally.accept) tally.accept.rejected += 1;
      return;
    case 'cell-done':
      return bump(tally, event.column, 'done');
    case 'cell-failed':
      // The run was stopped before this cell; the next run makes it.
      if (event.failure.class === 'stopped') return;
      noteFirst(tally, event);
      return bump(tally, event.column, 'failed');
    case 'cell-skipped':
      return bump(tally, event.column, 'skipped');
    case 'call-start':
      if (tally.inFlight === 0) tally.quietSince = now;
      tally.inFlight += 1;
      tally.lastDeadline = now + (event.timeoutMs ?? Infinity);
      if (event.concurrency) tally.limits.set(event.alias, event.concurrency);
      return;
    case 'call-end':
      tally.inFlight -= 1;
      tally.quietSince = now;
      if (event.ok) tally.waits.delete(event.alias);
      tally.calls += 1;
      tally.inputTokens += event.input;
      tally.outputTokens += event.output;
      tally.usd += event.usd ?? 0;
      if (event.ok && event.usd === undefined) tally.unpricedCalls += 1;
      return;
    case 'call-retry':
      tally.retries += 1;
      return;
    case 'waiting': {
      const earlier = tally.waits.get(event.alias);
      const until = now + event.ms;
      // The longest of several that began together is what the run waits for.
      if (earlier && earlier.until > until && earlier.reason === event.reason) return;
      const { reason, hint } = event;
      tally.waits.set(event.alias, { reason, hint, until, since: earlier?.since ?? now });
      return;
    }
    case 'fallback':
    case 'seed-note':
    case 'store-note':
    case 'worker-note':
    case 'cell-note':
    case 'asked':
    case 'stopping':
      return;
  }
}

function bump(tally: Tally, column: string, field: 'done' | 'failed' | 'skipped'): void {
  const entry = tally.columns.get(column);
  if (entry) entry[field] += 1;
}

function noteFirst(tally: Tally, { row, column, failure }: CellFailure): void {
  const entry = tally.columns.get(column);
  if (entry) entry.firstFailure ??= { row, message: failure.message };
}

/** Seconds until the last row ends, if the rest goes as fast as what has ended; 0 when nothing has ended. */
export function secondsLeft({ ended, rows }: Tally, seconds: number): number {
  return ended > 0 ? ((rows - ended) * seconds) / ended : 0;
}

/** `12 of 40 rows`; with `accept`, `12 of 40 accepted, 7 rejected`. */
export function rowsText({ accept, ended, rows }: Tally): string {
  if (!accept) return `${ended} of ${count(rows, 'row')}`;
  const { wanted, accepted, rejected } = accept;
  return `${accepted}${wanted === null ? '' : ` of ${wanted}`} accepted, ${rejected} rejected`;
}
