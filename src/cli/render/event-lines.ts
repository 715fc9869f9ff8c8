import { systemClock, type Clock } from '../../core/clock.js';
import type { EventSink, RunEvent, StopReason } from '../../core/events.js';
import type { JsonObject } from '../../core/json.js';
import type { Progress } from './progress.js';
import { newTally, record, secondsLeft, type Tally } from './tally.js';

/** Rises when a key changes its meaning or goes away. New keys and events may come without. */
const VERSION = 1;

const PROGRESS_MS = 1000;

/**
 * The events of a run for programs: JSON Lines, documented in docs/ci.md. Single cells are not told, only their
 * counts once a second, so that a run of 100,000 rows stays readable.
 *
 * @param clock measures what has passed
 * @param date the time of day
 */
export function streamEvents(
  stream: NodeJS.WritableStream,
  clock: Pick<Clock, 'now'> = systemClock,
  date: () => Date = () => new Date(),
): Progress {
  const tally = newTally();
  const started = clock.now();
  const seen = new Set<string>();
  let last = '';
  const write = (event: string, keys: object): void =>
    void stream.write(`${JSON.stringify({ v: VERSION, event, at: date().toISOString(), ...keys })}\n`);
  const writeProgress = (): void => {
    const counts = countsOf(tally, clock.now());
    const text = JSON.stringify(counts);
    if (text === last) return;
    last = text;
    const seconds = (clock.now() - started) / 1000;
    const left = secondsLeft(tally, seconds);
    write('progress', { seconds: round(seconds), seconds_left: left > 0 ? round(left) : null, ...counts });
  };
  const timer = setInterval(writeProgress, PROGRESS_MS);
  timer.unref();
  return {
    sink: ((event: RunEvent) => {
      record(tally, event, clock.now());
      const told = tellable(event);
      if (!told || (told.once !== undefined && seen.has(told.once))) return;
      if (told.once !== undefined) seen.add(told.once);
      write(told.event, told.keys);
    }) satisfies EventSink,
    finish() {
      clearInterval(timer);
      if (tally.columns.size > 0) writeProgress();
    },
    clear: () => clearInterval(timer),
  };
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

function countsOf(tally: Tally, now: number): JsonObject {
  const columns = [...tally.columns].map(([name, { done, failed, skipped }]) => [
    name,
    { done, failed, skipped },
  ]);
  const waits = [...tally.waits].filter(([, { until }]) => until > now);
  return {
    rows: { total: tally.rows, ended: tally.ended, ...tally.accept },
    columns: Object.fromEntries(columns) as JsonObject,
    calls: { ended: tally.calls, in_flight: tally.inFlight, retries: tally.retries },
    limits: Object.fromEntries(tally.limits) as JsonObject,
    tokens: { input: tally.inputTokens, output: tally.outputTokens },
    cost_usd: tally.usd === 0 && tally.unpricedCalls > 0 ? null : tally.usd,
    waits: waits.map(([model, { reason, until }]) => ({ model, reason, ms: Math.round(until - now) })),
  };
}

interface Told {
  readonly event: string;
  readonly keys: object;
  /** Events with the same text are written once: a model that cannot be reached fails for every row. */
  readonly once?: string;
}

function tellable(event: RunEvent): Told | undefined {
  switch (event.kind) {
    case 'start': {
      const columns = event.columns.map(({ name, modelAliases }) => ({ name, models: modelAliases }));
      return { event: 'start', keys: { rows: event.rows, columns } };
    }
    case 'stage': {
      const { kind, ...keys } = event;
      return { event: kind, keys };
    }
    case 'cell-failed': {
      const { row, column, failure } = event;
      const { class: kind, message, hint } = failure;
      if (kind === 'stopped') return undefined;
      return { event: 'failure', keys: { row, column, class: kind, message, hint } };
    }
    case 'waiting': {
      const { alias: model, reason, hint, ms } = event;
      return {
        event: 'waiting',
        keys: { model, reason, hint, ms: Math.round(ms) },
        once: `${model} ${reason}`,
      };
    }
    case 'fallback': {
      const { alias: model, next, failure } = event;
      const { class: kind, message } = failure;
      return { event: 'fallback', keys: { model, next, class: kind, message }, once: `${model} ${message}` };
    }
    case 'seed-note':
      return { event: 'seed-note', keys: event.note };
    case 'store-note':
      return { event: 'store-note', keys: { text: event.text } };
    case 'worker-note':
      return { event: 'worker-note', keys: { text: event.text } };
    case 'cell-note':
      return { event: 'cell-note', keys: { column: event.column, text: event.text, rows: event.rows } };
    case 'smaller-dataset':
      return { event: 'smaller-dataset', keys: { before: event.before, rows: event.rows } };
    case 'batch': {
      const { kind: _, ...keys } = event;
      return { event: 'batch', keys };
    }
    case 'stopping':
      return { event: 'stopping', keys: stopKeys(event.reason) };
    default:
      return undefined;
  }
}

function stopKeys(reason: StopReason): object {
  switch (reason.kind) {
    case 'interrupted':
      return { reason: 'interrupted' };
    case 'fatal': {
      const { class: kind, message } = reason.failure;
      return { reason: 'fatal', column: reason.column, class: kind, message };
    }
    case 'limit':
      return { reason: 'limit', limit: reason.limit, message: reason.message };
  }
}
