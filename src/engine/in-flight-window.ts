import type { Json, JsonObject } from '../core/json.js';
import type { FinishedRow } from './types.js';

/** How much may be in memory at once. Real traces are up to megabytes each, so bytes count as well. */
export interface Window {
  /** Rows that were begun and are not finished: more than can be asked about at once, no more than that takes. */
  readonly unfinished: number;
  /** All rows, with those that wait for a slower one before them. */
  readonly rows: number;
  readonly bytes: number;
}

/** A row that was begun. */
export interface BegunRow {
  readonly row: Promise<FinishedRow>;
  /** Of the seed, in bytes. */
  readonly size: number;
  isDone: boolean;
}

/** Where rows are from their beginning until somebody takes them away. */
export interface Room {
  isFree(): boolean;
  enter(seed: JsonObject, row: Promise<FinishedRow>): BegunRow;
  leave(begun: BegunRow): void;
  /** Until one more row is finished, or `wake` is called. For one to wait at a time. */
  change(): Promise<void>;
  wake(): void;
}

export function createRoom(window: Window): Room {
  let unfinished = 0;
  let rows = 0;
  let bytes = 0;
  let wake = (): void => undefined;
  return {
    // One row always fits: a trace larger than the window runs alone.
    isFree: () =>
      rows === 0 || (unfinished < window.unfinished && rows < window.rows && bytes < window.bytes),
    enter(seed, row) {
      const begun = { row, size: roughSize(seed), isDone: false };
      const end = (): void => {
        begun.isDone = true;
        unfinished -= 1;
        wake();
      };
      // A fault is told when its turn comes; until then it must not count as unhandled.
      row.then(end, end);
      unfinished += 1;
      rows += 1;
      bytes += begun.size;
      return begun;
    },
    leave({ size }) {
      rows -= 1;
      bytes -= size;
    },
    change: () => new Promise((resolve) => (wake = resolve)),
    wake: () => {
      wake();
    },
  };
}

/** Bytes a value takes in memory, near enough to bound a window by. */
export function roughSize(value: Json): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, item: Json) => sum + 16 + roughSize(item), 32);
}
