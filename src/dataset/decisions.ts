/** What a person decides about a row, and a change of it. The page of `dd view` shows a change before it is saved. */
import type { Json, JsonObject } from '../core/json.js';

export interface Decisions {
  readonly verdict?: 'keep' | 'drop';
  /** The person's own scores, by the path of the judge's score: `judge.groundedness.score`. */
  readonly scores?: Readonly<Record<string, number | string>>;
  /** Corrected values, by column or dotted path: `sft_response`. */
  readonly edits?: JsonObject;
  readonly note?: string;
}

/** Part of a review to change. `null` takes a value away; what is left out stays. */
export interface ReviewChange {
  readonly verdict?: 'keep' | 'drop' | null;
  readonly scores?: Readonly<Record<string, number | string | null>>;
  readonly edits?: JsonObject;
  readonly note?: string | null;
}

/** The decisions after a change. */
export function decide(before: Decisions | undefined, change: ReviewChange): Decisions {
  const verdict = change.verdict === undefined ? before?.verdict : (change.verdict ?? undefined);
  const note = change.note === undefined ? before?.note : (change.note ?? undefined);
  const scores = merged(before?.scores, change.scores);
  const edits = merged(before?.edits, change.edits);
  return {
    ...(verdict && { verdict }),
    ...(scores && { scores }),
    ...(edits && { edits }),
    ...(note && { note }),
  };
}

function merged<T extends Json>(
  before: Readonly<Record<string, T>> | undefined,
  change: Readonly<Record<string, T | null>> | undefined,
): Readonly<Record<string, T>> | undefined {
  const entries = Object.entries({ ...before, ...change }).filter(([, value]) => value !== null);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Record<string, T>);
}
