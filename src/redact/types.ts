import type { JsonObject } from '../core/json.js';

export interface Redacted {
  /** The same object when nothing was found. */
  readonly row: JsonObject;
  /** The number of findings by kind; never the values. */
  readonly counts: ReadonlyMap<string, number>;
}

export type Redactor = (row: JsonObject) => Redacted;

/** A part of a text that is to be replaced. */
export interface Finding {
  readonly kind: string;
  readonly start: number;
  /** The first position after it. */
  readonly end: number;
}

export interface Rule<Found = Finding | readonly Finding[]> {
  /** In lower case; matched in any case. */
  readonly keywords: readonly string[];
  /** Recognised only by its surroundings: the kind of an overlapping finding of another rule is used instead. */
  readonly isGeneric?: true;
  /**
   * @param at the start of one of the keywords
   * @returns the part to replace, or several; a part never cuts an escape (`\n`, `\u00e9`) in two and never includes only one of two
   *   quotes, so that JSON text stays JSON
   */
  find(text: string, at: number): Found | undefined;
}

/** A token that can be recognised by its own form. */
export interface TokenPattern {
  readonly kind: string;
  /** The beginnings of the token, in lower case. */
  readonly keywords: readonly string[];
  /** Sticky: tried at the start of a keyword. */
  readonly pattern: RegExp;
  /** Does not match at the end of a longer word. */
  readonly standsAlone?: true;
}
