import type { JsonObject } from '../core/json.js';
import { createTurns } from '../core/yield-to-event-loop.js';
import type { Models } from '../models/types.js';
import { goAhead, type Ahead } from './lookahead.js';
import { findFront } from './resume-point.js';
import { makeRow } from './row.js';
import { nameSeeds, type NamedSeed } from './row-identity.js';
import type { FinishedRow, Plan, RetryScope } from './types.js';
import { createRoom, type BegunRow, type Window } from './in-flight-window.js';
import type { EventSink } from '../core/events.js';

export interface RunRowsInput {
  readonly plan: Plan;
  /** Read twice where the run goes on from an earlier one. */
  readonly seeds: AsyncIterable<JsonObject>;
  readonly models: Models;
  readonly emit: EventSink;
  readonly window: Window;
  /** Once aborted, no further row is begun; those that are stored, before rows that were begun, are made all the same. */
  readonly stop: AbortSignal;
  /** Once aborted, not even those. Abort `stop` first, or with it; the same when left out. */
  readonly leave?: AbortSignal | undefined;
  readonly retry?: RetryScope | undefined;
  /**
   * The stored answers, by models that ask for none, when an earlier run was broken off: what it did not come
   * to is then begun at once, and not only when all stored rows before it have been made again.
   */
  readonly stored?: Models | undefined;
}

/**
 * Runs a plan over rows and yields them in seed order, however they finish. Rows are begun as long as the
 * window has room; the reader's pace is the brake, so memory does not grow with the number of rows.
 */
export async function* runRows(input: RunRowsInput): AsyncGenerator<FinishedRow> {
  const { plan, models, emit, window, stop, leave = stop, retry } = input;
  const begin = ({ index, seed, samples }: NamedSeed): Promise<FinishedRow> => {
    emit({ kind: 'row-admitted', row: index });
    return makeRow(plan, index, seed, samples, { models, emit, retry });
  };
  const ahead = await beginAhead(input, begin);
  const seeds = nameSeeds(plan, input.seeds);
  const room = createRoom(window);
  const making: BegunRow[] = [];
  let begun = 0;
  let more = true;
  const letOthers = createTurns();
  const isOver = (): boolean => leave.aborted || (stop.aborted && begun >= (ahead?.reach() ?? 0));

  try {
    while (more || making.length > 0) {
      while (more && room.isFree()) {
        const next = isOver() ? undefined : await seeds.next();
        if (!next || next.done === true) {
          more = false;
          if (next || (ahead?.isAtEnd() && begun === ahead.reach()))
            emit({ kind: 'rows-counted', rows: begun });
          break;
        }
        begun += 1;
        making.push(room.enter(next.value.seed, ahead?.take(next.value) ?? begin(next.value)));
      }
      const head = making[0];
      if (!head) continue;
      if (!head.isDone) {
        await room.change();
        continue;
      }
      making.shift();
      // Stored rows wait for nothing, and those ahead for their answers.
      if (ahead) await letOthers();
      yield await head.row;
      room.leave(head);
    }
    await ahead?.close();
  } finally {
    // Where nobody wants more rows, none is begun.
    void ahead?.close();
    await seeds.return(undefined);
  }
}

/** Begins what an earlier run did not come to, if there is such a thing. */
async function beginAhead(
  { plan, seeds, stored, window, stop }: RunRowsInput,
  begin: (row: NamedSeed) => Promise<FinishedRow>,
): Promise<Ahead | undefined> {
  if (!stored) return undefined;
  const named = nameSeeds(plan, seeds);
  let front: NamedSeed | undefined;
  try {
    front = await findFront(plan, named, stored, stop);
  } finally {
    if (!front) await named.return(undefined);
  }
  return front && goAhead({ front, seeds: named, begin, window: halfOf(window), stop });
}

/** Rows ahead come on top of the others: half as much again may be in memory while there are any. */
function halfOf({ unfinished, rows, bytes }: Window): Window {
  return { unfinished: unfinished / 2, rows: rows / 2, bytes: bytes / 2 };
}
