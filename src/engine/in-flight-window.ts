import type { Json, JsonObject } from '../core/json.js';
import type { FinishedRow } from './types.js';

/** How much may be in memory at once. A trace can take megabytes, so bytes are limited as well. */
export interface Window {
  /** Rows that were started and are not finished. */
  readonly unfinished: number;
  /** All rows, with the finished ones that wait for a slower row before them. */
  readonly rows: number;
  readonly bytes: number;
}

/** A row that was started. */
export interface StartedRow {
  readonly row: FinishedRow | Promise<FinishedRow>;
  /** About the bytes that it takes: its seed row, and its cells once it is finished. */
  size: number;
  isDone: boolean;
}

/** The rows in flight: from their start until their reader takes them. */
export interface InFlight {
  hasRoom(): boolean;
  add(seed: JsonObject, row: FinishedRow | Promise<FinishedRow>): StartedRow;
  remove(started: StartedRow): void;
  /** Resolves when one more row is finished, or `wake` is called. One caller at a time. */
  change(): Promise<void>;
  wake(): void;
}

export function createInFlight(window: Window): InFlight {
  let unfinished = 0;
  let rows = 0;
  let bytes = 0;
  let wake = (): void => undefined;
  return {
    // One row always fits: a trace larger than the window runs alone.
    hasRoom: () =>
      rows === 0 || (unfinished < window.unfinished && rows < window.rows && bytes < window.bytes),
    add(seed, row) {
      const started: StartedRow = { row, size: roughSize(seed), isDone: false };
      const end = (finished?: FinishedRow): void => {
        const all = finished ? [finished, ...(finished.earlier ?? [])] : [];
        const made = all.reduce((sum, { cells }) => sum + roughSize(cells), 0);
        started.size += made;
        bytes += made;
        started.isDone = true;
        unfinished -= 1;
        wake();
      };
      unfinished += 1;
      rows += 1;
      bytes += started.size;
      // A rejection reaches the reader with its row; until then it must not count as unhandled.
      if (row instanceof Promise) row.then(end, () => end());
      else end(row);
      return started;
    },
    remove({ size }) {
      rows -= 1;
      bytes -= size;
    },
    change: () => new Promise((resolve) => (wake = resolve)),
    wake: () => {
      wake();
    },
  };
}

/** About how many bytes a value takes in memory. */
export function roughSize(value: Json): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, item: Json) => sum + 16 + roughSize(item), 32);
}
