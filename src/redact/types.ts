/**
 * Redaction: secrets in the strings of a row are replaced by `[REDACTED:kind]` before anything else sees it.
 *
 * A text is read once (`keywords.ts`), and only where a keyword of a rule stands is the rule tried: rules never
 * search. That is what keeps them fast, and linear in the length of a text whoever wrote it. Lines in which a
 * secret may hide behind escapes or colours are read once more without them (`plain.ts`).
 */
import type { JsonObject } from '../core/json.js';

export interface Redacted {
  /** The very same row when nothing was found. */
  readonly row: JsonObject;
  /** How many of each kind; never the values. */
  readonly counts: ReadonlyMap<string, number>;
}

export type Redactor = (row: JsonObject) => Redacted;

/** Part of a text that is to be replaced. */
export interface Finding {
  readonly kind: string;
  readonly start: number;
  /** First position behind it. */
  readonly end: number;
}

export interface Rule {
  /** In lower case; found in any case. */
  readonly keywords: readonly string[];
  /** Known by its surroundings only: where a finding of another rule overlaps, that one names the kind. */
  readonly isGeneric?: true;
  /**
   * @param at where one of the keywords begins
   * @returns what is to be replaced; its ends never cut an escape (`\n`, `\u00e9`) in two, and it never
   *   takes one of two quotes, so that JSON text stays JSON
   */
  find(text: string, at: number): Finding | undefined;
}

/** A token that can be told by its own form. */
export interface TokenPattern {
  readonly kind: string;
  /** What the token may begin with, in lower case. */
  readonly keywords: readonly string[];
  /** Sticky: tried where a keyword begins. */
  readonly pattern: RegExp;
  /** Not as the end of a longer word. */
  readonly standsAlone?: true;
}
