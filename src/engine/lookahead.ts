import { isDeepStrictEqual } from 'node:util';
import type { NamedSeed } from './row-identity.js';
import type { FinishedRow } from './types.js';
import { createRoom, type Window } from './in-flight-window.js';

/** Rows that were begun before those in front of them, which only have to be made of stored answers. */
export interface Ahead {
  /** This row, if it was begun. Once one is asked for that could be, no more are begun. */
  take(row: NamedSeed): Promise<FinishedRow> | undefined;
  /** The number of rows up to the last that was begun. */
  reach(): number;
  /** Whether that is all rows there are. */
  isAtEnd(): boolean;
  /** Begins no more, and waits for those that were begun. */
  close(): Promise<void>;
}

export interface AheadInput {
  /** The first row to begin. */
  readonly front: NamedSeed;
  /** Those that follow it. */
  readonly seeds: AsyncIterator<NamedSeed>;
  readonly begin: (row: NamedSeed) => Promise<FinishedRow>;
  readonly window: Window;
  /** Once aborted, no further row is begun. */
  readonly stop: AbortSignal;
}

/**
 * Begins rows from the front on, as many as the window has room for, so that models have something to do while
 * the stored rows before them are made again.
 */
export function goAhead({ front, seeds, begin, window, stop }: AheadInput): Ahead {
  const room = createRoom(window);
  const rows = new Map<number, { readonly named: NamedSeed; readonly row: Promise<FinishedRow> }>();
  let reach = front.index;
  let isAtEnd = false;
  let isClosed = false;
  const isOver = (): boolean => isClosed || stop.aborted;

  function end(): void {
    isClosed = true;
    room.wake();
  }

  async function beginAll(): Promise<void> {
    for (let next: NamedSeed | undefined = front; next && !isOver();) {
      if (room.isFree()) {
        const { row } = room.enter(next.seed, begin(next));
        rows.set(next.index, { named: next, row });
        reach = next.index + 1;
        const { done, value } = await seeds.next();
        isAtEnd = done === true;
        next = done === true ? undefined : value;
      } else await room.change();
    }
    await seeds.return?.();
  }

  const beginning = beginAll();
  // What keeps it from reading the seed keeps whoever reads it in its turn as well, and is told then.
  beginning.catch(() => undefined);
  return {
    take(named) {
      if (named.index < front.index) return undefined;
      end();
      const early = rows.get(named.index);
      // The seed was read anew for this; should it have changed meanwhile, the row is made anew as well.
      if (!early || !isDeepStrictEqual(early.named, named)) return undefined;
      rows.delete(named.index);
      return early.row;
    },
    reach: () => reach,
    isAtEnd: () => isAtEnd,
    async close() {
      end();
      await Promise.allSettled([beginning, ...[...rows.values()].map(({ row }) => row)]);
    },
  };
}
