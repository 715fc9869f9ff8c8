/**
 * The scheduler. Rows are started in seed order as long as a bounded window (rows and bytes) has room, and
 * yielded in seed order however they finish. The reader of the rows is the brake (backpressure), so memory does
 * not grow with the number of rows. There is no record of progress: resume is a cache. A second run makes every
 * row again, and a cell whose answer is stored costs a look-up. After an interruption, rows from the resume
 * point on are started early (see `resume-point.ts` and `lookahead.ts`), so that new work does not wait for the
 * stored rows before it. Limits on requests are not here: each model limits its own.
 */
import { createYielder } from '../core/yield-to-event-loop.js';
import type { MediaFiles } from '../columns/types.js';
import type { Models } from '../models/types.js';
import { startLookahead, type Lookahead } from './lookahead.js';
import { findResumePoint } from './resume-point.js';
import { makeAttempts, type Quota } from './attempts.js';
import { makeRow } from './row.js';
import { identifyRows, type IdentifiedRow, type SeedRows } from './row-identity.js';
import type { FinishedRow, Plan, PlannedAccept, RetryScope } from './types.js';
import { createInFlight, type StartedRow, type Window } from './in-flight-window.js';
import type { EventSink } from '../core/events.js';

export interface RunRowsInput {
  readonly plan: Plan;
  /** Read twice when there are `stored` answers to resume from. */
  readonly seeds: SeedRows;
  readonly models: Models;
  readonly media?: MediaFiles | undefined;
  readonly emit: EventSink;
  readonly window: Window;
  /** Once aborted, no row is started, except stored rows in front of rows that the look-ahead started. */
  readonly stop: AbortSignal;
  /** Once aborted, no row at all is started. Abort `stop` first, or with it. The same signal when left out. */
  readonly exitNow?: AbortSignal | undefined;
  readonly retry?: RetryScope | undefined;
  /** With `plan.accept`: the last step of every attempt before it is judged, such as a check of its values. */
  readonly complete?: ((row: FinishedRow) => FinishedRow) | undefined;
  /** With `plan.accept`: how many rows may be started. */
  readonly quota?: Quota | undefined;
  /** Models that return stored answers and send no request. Given, the run looks for its resume point. */
  readonly stored?: Models | undefined;
  /**
   * Given, the rows pass through it before they are started.
   *
   * @param room how many more rows may be needed now; `Infinity` without `accept`
   */
  readonly arrive?: ((rows: AsyncGenerator<IdentifiedRow>, room: () => number) => ArrivingRows) | undefined;
}

/** Rows that come in their own time: those that other machines make the cells of. */
export interface ArrivingRows {
  next(): Promise<IteratorResult<IdentifiedRow, unknown>>;
  return(): Promise<unknown>;
  /** True when `next` resolves at once. */
  isReady(): boolean;
  /** Called once: `wake` is to be called when `isReady` may have become true. */
  onReady(wake: () => void): void;
}

/** Runs a plan over rows and yields the finished rows in seed order. */
export async function* runRows(input: RunRowsInput): AsyncGenerator<FinishedRow> {
  const { plan, models, media, emit, window, stop, exitNow = stop, retry, complete, quota } = input;
  const make = (row: IdentifiedRow): FinishedRow | Promise<FinishedRow> =>
    makeRow(plan, row, { models, media, emit, retry });
  const attempt = async (row: IdentifiedRow, accept: PlannedAccept): Promise<FinishedRow> => {
    quota?.started();
    const made = await makeAttempts(row, accept, async (each) => {
      const finished = await make(each);
      return complete ? complete(finished) : finished;
    });
    quota?.ended(made);
    return made;
  };
  const start = (row: IdentifiedRow): FinishedRow | Promise<FinishedRow> => {
    emit({ kind: 'row-admitted', row: row.index });
    return plan.accept ? attempt(row, plan.accept) : make(row);
  };
  const ahead = await lookAhead(input, start);
  const inFlight = createInFlight(window);
  const identified = identifyRows(plan, input.seeds);
  const arriving = input.arrive?.(identified, () => quota?.room() ?? Infinity);
  arriving?.onReady(inFlight.wake);
  const seeds = arriving ?? identified;
  const isReady = (): boolean => isOver() || arriving?.isReady() !== false;
  const started: StartedRow[] = [];
  let count = 0;
  let hasMore = true;
  const yieldToEventLoop = createYielder();
  const isOver = (): boolean => exitNow.aborted || (stop.aborted && count >= (ahead?.reach() ?? 0));

  try {
    while (hasMore || started.length > 0) {
      while (hasMore && inFlight.hasRoom() && quota?.hasRoom() !== false && isReady()) {
        const next = isOver() ? undefined : await seeds.next();
        if (!next || next.done === true) {
          hasMore = false;
          if (next || (ahead?.isAtEnd() && count === ahead.reach()))
            emit({ kind: 'rows-counted', rows: count });
          break;
        }
        count += 1;
        const row = ahead?.take(next.value) ?? start(next.value);
        if (started.length > 0 || row instanceof Promise) {
          started.push(inFlight.add(next.value.seed, row));
          continue;
        }
        // Made at once, with no row before it to wait for: it takes no memory while others are made.
        if (ahead) await yieldToEventLoop();
        yield row;
      }
      const head = started[0];
      // Without a row in flight there is room, unless there are enough rows.
      if (!head && quota?.hasRoom() === false) break;
      if (!head && isReady()) continue;
      if (!head?.isDone) {
        await inFlight.change();
        continue;
      }
      started.shift();
      // Stored rows never wait, so the answers of rows ahead would not be received.
      if (ahead) await yieldToEventLoop();
      yield await head.row;
      inFlight.remove(head);
    }
    await ahead?.close();
  } finally {
    // The reader may have stopped reading: then no more rows are started.
    void ahead?.close();
    // It has all it wants: what was started for nothing ends with the requests in flight.
    if (stop.aborted) await Promise.allSettled(started.map(({ row }) => row));
    await seeds.return(undefined);
  }
}

/** Starts rows from the resume point on, if there is one. */
async function lookAhead(
  { plan, seeds, stored, media, window, stop }: RunRowsInput,
  start: (row: IdentifiedRow) => FinishedRow | Promise<FinishedRow>,
): Promise<Lookahead | undefined> {
  if (!stored) return undefined;
  const rows = identifyRows(plan, seeds);
  let from: IdentifiedRow | undefined;
  try {
    from = await findResumePoint(plan, rows, stored, stop, media);
  } finally {
    if (!from) await rows.return(undefined);
  }
  return from && startLookahead({ from, seeds: rows, start, window: halfOf(window), stop });
}

/** The look-ahead adds to the normal window, so it gets half of one. */
function halfOf({ unfinished, rows, bytes }: Window): Window {
  return { unfinished: unfinished / 2, rows: rows / 2, bytes: bytes / 2 };
}
