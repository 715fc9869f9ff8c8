import { relative, sep } from 'node:path';
import type { PlannedSending } from '../../../run/sendings.js';
import type { Diagnostic } from '../../../core/problem.js';
import { lineColumn } from '../../../recipe/yaml/text-lines.js';
import type { ReportedDiagnostic, ReportedFile, Reporter } from './types.js';

/** The values of `--format`, except `json`, which is `--json`. To add one: a file in this folder and a line here. */
export const REPORTERS = {
  pretty: async () => (await import('./pretty.js')).pretty,
  github: async () => (await import('./github.js')).github,
  sarif: async () => (await import('./sarif.js')).sarif,
} as const satisfies Readonly<Record<string, () => Promise<Reporter>>>;

export type ReportFormat = keyof typeof REPORTERS;

/** The name of a file or flag in reports. */
export function reportName(file: string): string {
  if (file.startsWith('-')) return file;
  const fromHere = relative(process.cwd(), file);
  return fromHere === '' || fromHere.startsWith('..') ? file : fromHere.split(sep).join('/');
}

/** Converts the result of a check for reports: offsets become lines and columns. */
export function reportedFile(found: {
  readonly file: string;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string | undefined;
  readonly rows: number | undefined;
  readonly sends: readonly PlannedSending[];
}): ReportedFile {
  const diagnostics = found.diagnostics.map((diagnostic) => reported(diagnostic, found.text));
  return { ...found, file: reportName(found.file), diagnostics };
}

/** Converts one diagnostic for reports. */
export function reported(diagnostic: Diagnostic, text: string | undefined): ReportedDiagnostic {
  const found = { ...diagnostic, file: reportName(diagnostic.file) };
  const { span } = found;
  if (!span || text === undefined) return found;
  const end = lineColumn(text, span.offset + span.length);
  return { ...found, ...lineColumn(text, span.offset), endLine: end.line, endColumn: end.column };
}
