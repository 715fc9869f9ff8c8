import type { PlannedSending } from '../../../run/sendings.js';
import type { Diagnostic } from '../../../core/problem.js';

/**
 * A diagnostic with its place as editors count: lines and columns from 1, in UTF-16 units. `file` is the recipe's
 * name in the report, or the flag that set the value.
 */
export interface ReportedDiagnostic extends Diagnostic {
  /** All four are absent if the diagnostic is about the whole file. */
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  /** The first column after the marked text. */
  readonly endColumn?: number;
}

/** The result of checking one recipe. */
export interface ReportedFile {
  /** Relative to the current folder if the file is inside it, otherwise absolute; with `/` between folders. */
  readonly file: string;
  /** No diagnostic is an error. */
  readonly valid: boolean;
  /** In the order of their places. */
  readonly diagnostics: readonly ReportedDiagnostic[];
  /** The recipe's text with secrets replaced; `undefined` if it could not be read. */
  readonly text: string | undefined;
  /** Rows of the seed, if it was read. */
  readonly rows?: number | undefined;
  /** The values of the environment that a run sends, and the hosts that get them. */
  readonly sends?: readonly PlannedSending[];
}

/** The terminal that a report is drawn for. Formats for machines ignore it. */
export interface ReportStyle {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Turns the results of all recipes into one text, without a line break at its end. */
export type Reporter = (files: readonly ReportedFile[], style: ReportStyle) => string;
