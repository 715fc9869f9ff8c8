import { Scalar } from 'yaml';

import type { Span } from '../../core/problem.js';

/**
 * Maps a part of a string to its place in the YAML text, through quotes, escapes, indentation and folding. Exact for
 * plain one-line scalars and literal blocks (`|`), and for every visible character of other scalars; folded
 * whitespace maps to the place of the fold.
 *
 * @param text the whole YAML text
 * @param within the part, in offsets of the string
 */
export function spanInScalar(text: string, scalar: Scalar, value: string, within: Span): Span {
  const [start, end] = scalar.range ?? [0, 0];
  const raw = text.slice(start, end);
  const offsets =
    scalar.type === Scalar.BLOCK_LITERAL ? literalOffsets(raw, value) : alignedOffsets(raw, scalar, value);
  const at = (index: number): number => offsets[Math.min(index, offsets.length - 1)] ?? 0;

  const from = at(within.offset);
  const to = within.length === 0 ? from : at(within.offset + within.length - 1) + 1;
  return { offset: start + from, length: Math.max(0, to - from) };
}

/** A literal block keeps its lines and only removes the indentation. */
function literalOffsets(raw: string, value: string): number[] {
  const offsets: number[] = [];
  let lineStart = afterLine(raw, 0);
  for (const line of value.split('\n')) {
    const next = afterLine(raw, lineStart);
    const written = raw.slice(lineStart, next).replace(/\r?\n$/, '');
    const content = lineStart + Math.max(0, written.length - line.length);
    for (let index = 0; index <= line.length; index += 1) offsets.push(Math.min(content + index, raw.length));
    lineStart = next;
  }
  return offsets;
}

/** Walks text and value side by side: escapes are decoded, and whitespace may differ because of folding. */
function alignedOffsets(raw: string, scalar: Scalar, value: string): number[] {
  const offsets: number[] = [];
  let at = contentStart(raw, scalar);
  while (offsets.length < value.length) {
    const escape = escapeAt(raw, at, scalar);
    if (escape) {
      for (let unit = 0; unit < escape.makes; unit += 1) offsets.push(at);
      at += escape.length;
      continue;
    }
    const [written, meant] = [raw.charAt(at), value.charAt(offsets.length)];
    if (written === meant || !isSpace(written)) {
      offsets.push(at);
      if (written === meant || !isSpace(meant)) at += 1;
    } else {
      if (isSpace(meant)) offsets.push(at);
      at = afterSpace(raw, at);
    }
  }
  offsets.push(at);
  return offsets;
}

function contentStart(raw: string, scalar: Scalar): number {
  if (scalar.type === Scalar.BLOCK_FOLDED) return afterLine(raw, 0);
  return scalar.type === Scalar.QUOTE_SINGLE || scalar.type === Scalar.QUOTE_DOUBLE ? 1 : 0;
}

/** An escape in a quoted scalar: its length in the text and in the value. */
function escapeAt(raw: string, at: number, scalar: Scalar): { length: number; makes: number } | undefined {
  if (scalar.type === Scalar.QUOTE_SINGLE)
    return raw.startsWith("''", at) ? { length: 2, makes: 1 } : undefined;
  if (scalar.type !== Scalar.QUOTE_DOUBLE || raw[at] !== '\\') return undefined;
  const kind = raw.charAt(at + 1);
  if (kind === '\n' || kind === '\r') return { length: afterSpace(raw, at + 1) - at, makes: 0 };
  const digits = { x: 2, u: 4, U: 8 }[kind] ?? 0;
  const isAstral = kind === 'U' && Number.parseInt(raw.slice(at + 2, at + 10), 16) > 0xffff;
  return { length: 2 + digits, makes: isAstral ? 2 : 1 };
}

function afterLine(raw: string, from: number): number {
  const newline = raw.indexOf('\n', from);
  return newline === -1 ? raw.length : newline + 1;
}

function afterSpace(raw: string, from: number): number {
  let at = from;
  while (isSpace(raw.charAt(at))) at += 1;
  return at;
}

const isSpace = (char: string): boolean => char === ' ' || char === '\n' || char === '\t' || char === '\r';
