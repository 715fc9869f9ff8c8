import type { Json, JsonObject } from '../json.js';
import type { Models } from '../models/types.js';
import { makeRow } from './row.js';
import { nameSamples } from './samples.js';
import type { EventSink, FinishedRow, Plan, RetryScope } from './types.js';

/** How much may be in the making at once. Real traces are up to megabytes each, so bytes count as well. */
export interface Window {
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
  const making: { readonly size: number; readonly row: Promise<FinishedRow> }[] = [];
  let bytes = 0;
  let begun = 0;
  let more = true;

  while (more || making.length > 0) {
    while (more && hasRoom(making.length, bytes, window)) {
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
      // Told when its turn comes; until then it must not count as unhandled.
      row.catch(() => undefined);
      making.push({ size, row });
    }
    const head = making.shift();
    if (!head) continue;
    yield await head.row;
    bytes -= head.size;
  }
  await seeds.return?.();
}

/** One row always fits: a trace larger than the window runs alone. */
function hasRoom(rows: number, bytes: number, window: Window): boolean {
  return rows === 0 || (rows < window.rows && bytes < window.bytes);
}

/** Bytes a value takes in memory, near enough to bound a window by. */
function roughSize(value: Json): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, item: Json) => sum + 16 + roughSize(item), 32);
}
