import type { RunEvent } from '../../core/events.js';

/** The progress of a run, computed from its events. */
export interface Tally {
  readonly columns: Map<string, ColumnTally>;
  /** Number of rows, as far as known. */
  rows: number;
  admitted: number;
  ended: number;
  inFlight: number;
  calls: number;
  retries: number;
  inputTokens: number;
  outputTokens: number;
}

export interface ColumnTally {
  /** True if the column asks a model. Only these columns take noticeable time. */
  readonly asks: boolean;
  done: number;
  failed: number;
  skipped: number;
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
  };
}

/** Adds one event to a tally. */
export function record(tally: Tally, event: RunEvent): void {
  switch (event.kind) {
    case 'start':
      tally.rows = event.rows;
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
      return;
    case 'cell-done':
      return bump(tally, event.column, 'done');
    case 'cell-failed':
      // The run was stopped before this cell; the next run makes it.
      if (event.failure.class === 'stopped') return;
      return bump(tally, event.column, 'failed');
    case 'cell-skipped':
      return bump(tally, event.column, 'skipped');
    case 'call-start':
      tally.inFlight += 1;
      return;
    case 'call-end':
      tally.inFlight -= 1;
      tally.calls += 1;
      tally.inputTokens += event.input;
      tally.outputTokens += event.output;
      return;
    case 'call-retry':
      tally.retries += 1;
      return;
    case 'fallback':
    case 'seed-note':
    case 'store-note':
    case 'asked':
    case 'stopping':
      return;
  }
}

function bump(tally: Tally, column: string, field: 'done' | 'failed' | 'skipped'): void {
  const entry = tally.columns.get(column);
  if (entry) entry[field] += 1;
}
