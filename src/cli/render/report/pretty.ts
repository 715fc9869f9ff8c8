import { renderDiagnostics, summarizeDiagnostics } from '../diagnostics.js';
import type { ReportedFile, Reporter, ReportStyle } from './report.js';
import { count, safe } from '../text.js';

/** For people: mistakes with the very text underlined, one line for each recipe that is sound. */
export const pretty: Reporter = (files, style) => {
  const parts = files.map((file) => (file.diagnostics.length === 0 ? soundLine(file) : drawn(file, style)));
  const told = files.filter(({ diagnostics }) => diagnostics.length > 0);
  const text = parts.join(told.length === 0 ? '\n' : '\n\n');
  if (told.length < 2) return text;
  const all = told.flatMap(({ diagnostics }) => diagnostics);
  return `${text}\n\n${summarizeDiagnostics(all)} in ${count(told.length, 'recipe')}`;
};

const soundLine = ({ file, rows }: ReportedFile): string =>
  `${safe(file)}: valid${rows === undefined ? '' : `, ${count(rows, 'row')}`}`;

function drawn({ diagnostics, text }: ReportedFile, { color, width }: ReportStyle): string {
  const view = { cwd: process.cwd(), color, width, textOf: () => text };
  return `${renderDiagnostics(diagnostics, view)}\n${summarizeDiagnostics(diagnostics)}`;
}
