/**
 * Look-ahead: after an interruption, rows from the resume point on are started at once, in a window of their
 * own, so that models are busy while the stored rows before them are made again. The run still reads all rows
 * in seed order and takes the rows that were started early when it comes to them. From then on the normal
 * window is enough, and the look-ahead starts no more.
 */
import { isDeepStrictEqual } from 'node:util';
import type { IdentifiedRow } from './row-identity.js';
import type { FinishedRow } from './types.js';
import { createInFlight, type Window } from './in-flight-window.js';

/** Rows that were started before the rows in front of them. */
export interface Lookahead {
  /** This row, if it was started. The first call for a row behind the resume point ends the look-ahead. */
  take(row: IdentifiedRow): FinishedRow | Promise<FinishedRow> | undefined;
  /** The number of rows up to the last one that was started. */
  reach(): number;
  /** True when the last row of the seed was started. */
  isAtEnd(): boolean;
  /** Starts no more rows, and waits for those that were started. */
  close(): Promise<void>;
}

export interface LookaheadInput {
  /** The resume point: the first row to start. */
  readonly from: IdentifiedRow;
  /** The rows that follow it. */
  readonly seeds: AsyncIterator<IdentifiedRow>;
  readonly start: (row: IdentifiedRow) => FinishedRow | Promise<FinishedRow>;
  readonly window: Window;
  /** Once aborted, no further row is started. */
  readonly stop: AbortSignal;
}

export function startLookahead({ from, seeds, start, window, stop }: LookaheadInput): Lookahead {
  const inFlight = createInFlight(window);
  const rows = new Map<
    number,
    { readonly read: IdentifiedRow; readonly row: FinishedRow | Promise<FinishedRow> }
  >();
  let reach = from.index;
  let isAtEnd = false;
  let isClosed = false;
  const isOver = (): boolean => isClosed || stop.aborted;

  function end(): void {
    isClosed = true;
    inFlight.wake();
  }

  async function startAll(): Promise<void> {
    for (let next: IdentifiedRow | undefined = from; next && !isOver();) {
      if (inFlight.hasRoom()) {
        const { row } = inFlight.add(next.seed, start(next));
        rows.set(next.index, { read: next, row });
        reach = next.index + 1;
        const { done, value } = await seeds.next();
        isAtEnd = done === true;
        next = done === true ? undefined : value;
      } else await inFlight.change();
    }
    await seeds.return?.();
  }

  const starting = startAll();
  // A seed that cannot be read is reported when the run reads the same rows in their turn.
  starting.catch(() => undefined);
  return {
    take(read) {
      if (read.index < from.index) return undefined;
      end();
      const early = rows.get(read.index);
      // The seed is read a second time here. If a row has changed in between, it is made again.
      if (!early || !isDeepStrictEqual(early.read, read)) return undefined;
      rows.delete(read.index);
      return early.row;
    },
    reach: () => reach,
    isAtEnd: () => isAtEnd,
    async close() {
      end();
      await Promise.allSettled([starting, ...[...rows.values()].map(({ row }) => row)]);
    },
  };
}
