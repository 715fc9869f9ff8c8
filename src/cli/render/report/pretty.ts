import { renderDiagnostics, summarizeDiagnostics } from '../diagnostics.js';
import { renderSends } from '../sends.js';
import type { ReportedFile, Reporter, ReportStyle } from './types.js';
import { count, safe } from '../text.js';

/** For people: mistakes with the text underlined, and one line per valid recipe. */
export const pretty: Reporter = (files, style) => {
  const parts = files.map((file) => (file.diagnostics.length === 0 ? validLine(file) : drawn(file, style)));
  const withMistakes = files.filter(({ diagnostics }) => diagnostics.length > 0);
  const text = parts.join(withMistakes.length === 0 ? '\n' : '\n\n');
  if (withMistakes.length < 2) return text;
  const all = withMistakes.flatMap(({ diagnostics }) => diagnostics);
  return `${text}\n\n${summarizeDiagnostics(all)} in ${count(withMistakes.length, 'recipe')}`;
};

/** Keys of providers that go to the provider are what is expected. */
function validLine({ file, rows, sends = [] }: ReportedFile): string {
  const sent = renderSends(sends.filter(({ known_host: isKnown }) => !isKnown)).map(
    (line) => `\n  sends ${line}`,
  );
  return `${safe(file)}: valid${rows === undefined ? '' : `, ${count(rows, 'row')}`}${sent.join('')}`;
}

function drawn({ diagnostics, text }: ReportedFile, { color, width }: ReportStyle): string {
  const view = { cwd: process.cwd(), color, width, textOf: () => text };
  return `${renderDiagnostics(diagnostics, view)}\n${summarizeDiagnostics(diagnostics)}`;
}
