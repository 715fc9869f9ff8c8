import type { JsonPath } from './json.js';

/** A part of a text, in UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** True when `inner` begins within `outer`. */
export function covers(outer: Span, inner: Span): boolean {
  return inner.offset >= outer.offset && inner.offset < outer.offset + outer.length;
}

/** The replacement that `--fix` writes at the span. */
export interface Fix {
  readonly replace: string;
  /** The current text at the span, without quotes; if the file differs, nothing is written. */
  readonly instead: string;
}

/** A mistake in a recipe and how to fix it, as `dd validate` prints it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable name of the kind of mistake, such as `unknown-key`. */
  readonly code: string;
  /** One sentence without a full stop: what is wrong and what is expected. */
  readonly message: string;
  /** The text to type instead. */
  readonly hint?: string;
  readonly file: string;
  /** The place in the file; absent for the whole file. */
  readonly span?: Span;
  /** Only when there is exactly one likely correction. */
  readonly fix?: Fix;
}

/** Problems without a severity are errors. */
export const isError = ({ severity }: Pick<Problem, 'severity'>): boolean => severity !== 'warning';

/** A place without a path in the recipe's data: a flag (`--set name`), or text that is not YAML. */
export interface Place {
  readonly file: string;
  readonly span?: Span;
}

/** A problem without its place. */
export type UnplacedProblem = Pick<Problem, 'code' | 'message' | 'hint'>;

/** A mistake in the recipe's data, before its place in the file is looked up. */
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
  /** A consequence of another reported problem: it counts as an error, but is not shown. */
  readonly isCascading?: boolean;
  /** Used in place of `at` when the problem has no path. */
  readonly place?: Place;
}
