import type { ReportedDiagnostic, ReportedFile, Reporter } from './types.js';
import { count, safe } from '../text.js';

/**
 * Workflow commands of GitHub Actions: every mistake becomes an annotation at its line of the pull request.
 * A summary for the log of the step follows.
 */
export const github: Reporter = (files) => [...files.flatMap(annotations), summary(files)].join('\n');

const annotations = ({ file, diagnostics }: ReportedFile): readonly string[] =>
  diagnostics.map((diagnostic) => annotation(file, diagnostic));

function annotation(file: string, diagnostic: ReportedDiagnostic): string {
  const { severity, code, message, hint } = diagnostic;
  const properties = Object.entries({ file, ...place(diagnostic), title: code })
    .map(([name, value]) => `${name}=${escapeProperty(safe(String(value)))}`)
    .join(',');
  return `::${severity} ${properties}::${escapeText(safe(hint === undefined ? message : `${message}\n${hint}`))}`;
}

/** GitHub accepts columns only if the marked text is within one line. */
function place({ line, column, endLine, endColumn }: ReportedDiagnostic): Readonly<Record<string, number>> {
  if (line === undefined || column === undefined || endLine === undefined || endColumn === undefined)
    return {};
  return line === endLine ? { line, col: column, endLine, endColumn } : { line, endLine };
}

function summary(files: readonly ReportedFile[]): string {
  const invalid = files.filter(({ valid }) => !valid).length;
  return `${count(files.length, 'recipe')} checked, ${invalid === 0 ? 'all valid' : `${invalid} not valid`}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '%': '%25',
  '\r': '%0D',
  '\n': '%0A',
  ':': '%3A',
  ',': '%2C',
};

const escapeText = (text: string): string => text.replaceAll(/[%\r\n]/g, (char) => ESCAPES[char] ?? char);

const escapeProperty = (text: string): string =>
  text.replaceAll(/[%\r\n:,]/g, (char) => ESCAPES[char] ?? char);
