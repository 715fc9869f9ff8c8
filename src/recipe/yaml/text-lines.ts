import type { Span } from '../../core/problem.js';

/** A place as in editors: both counted from 1, the column in UTF-16 code units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

export function lineColumn(text: string, offset: number): LineColumn {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The line that contains `offset`, without its line end. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly text: string } {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return { start, text: text.slice(start, lineEnd(text, offset)) };
}

/** From `offset` to the last visible character of its line. */
export function restOfLine(text: string, offset: number): Span {
  return { offset, length: text.slice(offset, lineEnd(text, offset)).trimEnd().length };
}

/** The first offset from `offset` that is not a space or a tab. */
export function afterIndent(text: string, offset: number): number {
  let at = offset;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at;
}

function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  const end = newline === -1 ? text.length : newline;
  return text[end - 1] === '\r' ? end - 1 : end;
}
