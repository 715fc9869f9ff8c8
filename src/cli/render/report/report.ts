import { relative, sep } from 'node:path';

import type { Diagnostic } from '../../../core/problem.js';
import { lineColumn } from '../../../recipe/yaml/text-lines.js';

/**
 * A mistake with its place as editors count: lines and columns from 1, in UTF-16 units. Its file is named as
 * that of a recipe, or is the flag that brought the value.
 */
export interface ReportedDiagnostic extends Diagnostic {
  /** Absent, as the other three, when the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  /** The first column behind it. */
  readonly endColumn?: number;
}

/** What was found in one recipe. */
export interface ReportedFile {
  /** From the current folder where it is inside it, else absolute; `/` between folders. */
  readonly file: string;
  /** No diagnostic is an error. */
  readonly valid: boolean;
  /** By place. */
  readonly diagnostics: readonly ReportedDiagnostic[];
  /** The recipe's text with secrets blotted out; `undefined` when it could not be read. */
  readonly text: string | undefined;
  /** Rows of the seed, where it was opened. */
  readonly rows?: number | undefined;
}

/** How a report may be drawn; formats for machines look at none of it. */
export interface ReportStyle {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** The findings in all recipes as one text, without a line break at its end. */
export type Reporter = (files: readonly ReportedFile[], style: ReportStyle) => string;

/** Every value of `--format` but `json`, which is `--json`. A new one is a file beside this one and a line here. */
export const REPORTERS = {
  pretty: async () => (await import('./pretty.js')).pretty,
  github: async () => (await import('./github.js')).github,
  sarif: async () => (await import('./sarif.js')).sarif,
} as const satisfies Readonly<Record<string, () => Promise<Reporter>>>;

export type ReportFormat = keyof typeof REPORTERS;

/** A file, or a flag, as reports name it. */
export function reportName(file: string): string {
  if (file.startsWith('-')) return file;
  const fromHere = relative(process.cwd(), file);
  return fromHere === '' || fromHere.startsWith('..') ? file : fromHere.split(sep).join('/');
}

/** What was found in a recipe, with offsets as lines and columns. */
export function reportedFile(found: {
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string | undefined;
  readonly rows: number | undefined;
}): ReportedFile {
  const diagnostics = found.diagnostics.map((diagnostic) => reported(diagnostic, found.text));
  return { ...found, file: reportName(found.file), diagnostics };
}

/** Offsets of a text as lines and columns. */
export function reported(diagnostic: Diagnostic, text: string | undefined): ReportedDiagnostic {
  const found = { ...diagnostic, file: reportName(diagnostic.file) };
  const { span } = found;
  if (!span || text === undefined) return found;
  const end = lineColumn(text, span.offset + span.length);
  return { ...found, ...lineColumn(text, span.offset), endLine: end.line, endColumn: end.column };
}
