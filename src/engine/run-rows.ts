import type { Json, JsonObject } from '../json.js';
import type { Models } from '../models/types.js';
import { makeRow } from './row.js';
import { nameSamples } from './samples.js';
import type { EventSink, FinishedRow, Plan, RetryScope } from './types.js';

/** How much may be in memory at once. Real traces are up to megabytes each, so bytes count as well. */
export interface Window {
  /** Rows that were begun and are not finished: more than can be asked about at once, no more than that takes. */
  readonly unfinished: number;
  /** All rows, with those that wait for a slower one before them. */
  readonly rows: number;
  readonly bytes: number;
}

export interface RunRowsInput {
  readonly plan: Plan;
  readonly seeds: AsyncIterable<JsonObject>;
  readonly models: Models;
  readonly emit: EventSink;
  readonly window: Window;
  /** Once aborted, no further row is begun. */
  readonly stop: AbortSignal;
  readonly retry?: RetryScope | undefined;
}

/**
 * Runs a plan over rows and yields them in seed order, however they finish. Rows are begun as long as the
 * window has room; the reader's pace is the brake, so memory does not grow with the number of rows.
 */
export async function* runRows(input: RunRowsInput): AsyncGenerator<FinishedRow> {
  const { plan, models, emit, window, stop, retry } = input;
  const seeds = input.seeds[Symbol.asyncIterator]();
  const samplesOf = nameSamples(plan);
  const making: { readonly size: number; readonly row: Promise<FinishedRow>; isDone: boolean }[] = [];
  let unfinished = 0;
  let bytes = 0;
  let begun = 0;
  let more = true;
  let wake = (): void => undefined;

  while (more || making.length > 0) {
    while (more && hasRoom({ unfinished, rows: making.length, bytes }, window)) {
      const next = stop.aborted ? undefined : await seeds.next();
      if (!next || next.done === true) {
        more = false;
        if (next) emit({ kind: 'rows-counted', rows: begun });
        break;
      }
      const index = begun++;
      const size = roughSize(next.value);
      bytes += size;
      emit({ kind: 'row-admitted', row: index });
      const row = makeRow(plan, index, next.value, samplesOf(next.value), { models, emit, retry });
      const entry = { size, row, isDone: false };
      const end = (): void => {
        entry.isDone = true;
        unfinished -= 1;
        wake();
      };
      // A fault is told when its turn comes; until then it must not count as unhandled.
      row.then(end, end);
      unfinished += 1;
      making.push(entry);
    }
    const head = making[0];
    if (!head) continue;
    if (!head.isDone) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    making.shift();
    yield await head.row;
    bytes -= head.size;
  }
  await seeds.return?.();
}

/** One row always fits: a trace larger than the window runs alone. */
function hasRoom(used: Window, window: Window): boolean {
  const { unfinished, rows, bytes } = window;
  return used.rows === 0 || (used.unfinished < unfinished && used.rows < rows && used.bytes < bytes);
}

/** Bytes a value takes in memory, near enough to bound a window by. */
function roughSize(value: Json): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, item: Json) => sum + 16 + roughSize(item), 32);
}
