import type { JsonPath } from './json.js';

/** A stretch of a text, in UTF-16 units as JavaScript counts them. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Whether one stretch begins within another. */
export function covers(outer: Span, inner: Span): boolean {
  return inner.offset >= outer.offset && inner.offset < outer.offset + outer.length;
}

/** What `--fix` writes in the place of the text that is pointed at. */
export interface Fix {
  readonly replace: string;
  /** What stands there now, without quotes around it; where it is anything else, nothing is written. */
  readonly instead: string;
}

/** What is wrong in a recipe and what to do about it; `dd validate` prints these. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable name of the kind of mistake, for example `unknown-key`. */
  readonly code: string;
  /** One sentence, no full stop: what is wrong and what was expected. */
  readonly message: string;
  /** What to type instead. */
  readonly hint?: string;
  readonly file: string;
  /** Where in the file; absent when the whole file is meant. */
  readonly span?: Span;
  /** Only where exactly one correction can be meant. */
  readonly fix?: Fix;
}

/** A place that no path into the recipe's data names: a flag (`--set name`), or text that is not YAML. */
export interface Place {
  readonly file: string;
  readonly span?: Span;
}

/** A mistake found in the recipe's data, before it is tied to a place in the file. */
export interface Problem {
  readonly severity?: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: Fix;
  /** The value that is wrong. */
  readonly at: JsonPath;
  /** Point at the key instead of the value. */
  readonly onKey?: boolean;
  /** Point at a part of the string found at `at`, in offsets of that string. */
  readonly within?: Span;
  /** Only follows from another problem that is told: it counts, but is not shown. */
  readonly isEcho?: boolean;
  /** Where it is, when `at` cannot say it. */
  readonly place?: Place;
}
