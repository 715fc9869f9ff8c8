import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../json.js';
import type { NamedSeed } from './front.js';
import type { FinishedRow } from './types.js';
import { createRoom, type BegunRow, type Window } from './window.js';

/** Rows that were begun before those in front of them, which only have to be made of stored answers. */
export interface Ahead {
  /** The row at this place, if it was begun for this very seed. Once one is asked for, no more are begun. */
  take(index: number, seed: JsonObject): Promise<FinishedRow> | undefined;
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
  const rows = new Map<number, BegunRow>();
  let isClosed = false;
  const isOver = (): boolean => isClosed || stop.aborted;

  async function beginAll(): Promise<void> {
    for (let next: NamedSeed | undefined = front; next && !isOver();) {
      if (room.isFree()) {
        rows.set(next.index, room.enter(next.seed, begin(next)));
        const { done, value } = await seeds.next();
        next = done === true ? undefined : value;
      } else await room.change();
    }
    await seeds.return?.();
  }

  const beginning = beginAll();
  return {
    take(index, seed) {
      if (index < front.index) return undefined;
      isClosed = true;
      const early = rows.get(index);
      rows.delete(index);
      // The seed is read anew for this; should it have changed meanwhile, the row is made anew as well.
      return early && isDeepStrictEqual(early.seed, seed) ? early.row : undefined;
    },
    async close() {
      isClosed = true;
      room.wake();
      await Promise.allSettled([beginning, ...[...rows.values()].map(({ row }) => row)]);
    },
  };
}
