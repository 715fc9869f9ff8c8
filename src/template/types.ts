import type { Json, JsonObject } from '../core/json.js';
import type { Result } from '../core/result.js';
import type { Span } from '../core/problem.js';
import type { Random } from '../core/random.js';
import type { WrittenPattern } from '../sandbox/regex-safety.js';

/**
 * A place where a template or an expression reads from the row: `sft_record.instruction` is
 * `{ path: ['sft_record', 'instruction'] }`. The first entry names the column.
 */
export interface Reference {
  readonly path: readonly string[];
  /** Its position in the template's text. */
  readonly span: Span;
  /** True where the author allows it to be missing: `x is defined`, `x | default(0)`, any JSONata path. */
  readonly optional: boolean;
  /**
   * Read through a loop, a `set`, an index or a filter: a step `0` means any entry of a list. Only checks
   * use it; the path that it goes through is a reference of its own.
   */
  readonly isInner?: true;
  /** Read only in some rows: in a branch, in a loop, or after `and` or `or`. Where it is missing, only reading it fails. */
  readonly isConditional?: true;
  /** The literals that it is compared with. */
  readonly compared?: Comparison;
}

export interface Comparison {
  /** As if the reference were on the left; `in` also for `not in`. */
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';
  readonly values: readonly ComparedValue[];
  /** Whether the text `4` equals the number 4. */
  readonly isLoose: boolean;
}

/** A literal in a template. */
export interface ComparedValue {
  readonly value: string | number | boolean;
  readonly span: Span;
}

type Code = 'template-syntax' | 'unknown-filter' | 'unknown-test' | 'unknown-function' | 'jsonata-syntax';

/** A syntax error or an unknown name, found when the text is parsed. */
export interface TemplateProblem {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: { readonly replace: string; readonly instead: string };
  readonly span: Span;
}

/** The cells that can be read, by column name. */
export type Scope = JsonObject;

/** A text with placeholders (Jinja). Rendering is pure and cannot reach anything but the scope. */
export interface TextTemplate {
  readonly source: string;
  readonly references: readonly Reference[];
  /** When the template is one plain path and nothing else, that path. */
  readonly plainPath?: readonly string[];
  /** True when a `fit` filter bounds a part of it. */
  readonly usesFit?: boolean;
  /** True when it draws random numbers with the filter `random`. */
  readonly usesRandom?: boolean;
  /** The text, or a sentence that says what is missing or failed. */
  render(scope: Scope, options?: RenderOptions): Result<string, string>;
}

export interface RenderOptions {
  /** The bounds of all `fit` filters are multiplied by this; default 1. */
  readonly fitScale?: number;
  /** Where the filter `random` draws from; without it, the filter fails. */
  readonly random?: Random | undefined;
  /** What a printed `null` prints as; default nothing. */
  readonly nullText?: string;
}

/** A typed expression (JSONata). */
export interface Expression {
  readonly source: string;
  readonly references: readonly Reference[];
  /** When the expression is one plain path, that path: its type is then known from the producing column. */
  readonly plainPath: readonly string[] | undefined;
  /** The regular expressions in it. */
  readonly patterns: readonly WrittenPattern[];
  /** The value (`null` when there is none), or a sentence that says what failed. */
  evaluate(scope: Scope): Result<Json, string>;
}

export type Parsed<T> = Result<T, readonly TemplateProblem[]>;

/**
 * Names that mean a value or an operator where a template could read a column; JavaScript objects would lose
 * `__proto__`. Other names of the language, such as `loop` and `range`, are columns outside of what defines them.
 */
const RESERVED = new Set(['true', 'True', 'false', 'False', 'none', 'None', 'not', '__proto__']);

/** True for a name that no column or score can have, because no template could read it. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}
