/**
 * Text in which a secret hides behind how it was written: PHP writes `\/` for `/` in JSON and .NET `\u002B` for
 * `+`, at any depth of JSON within JSON; `grep --color` puts colours before and within what it found.
 */

import { matchAt } from './sticky.js';

/** In lower case; a text without any of them hides nothing. */
export const DISGUISES: readonly string[] = [
  String.raw`\/`,
  ...['2', '3', '4', '5', '6', '7'].map((digit) => String.raw`\u00${digit}`),
  '\x1b[',
  String.raw`\u001b[`,
];

const ESCAPE = String.raw`(?<!\\)(\\{1,15})(?:(/)|u00([2-7][\da-fA-F]))`;
const COLOUR = String.raw`(?:\x1b|(?<!\\)\\{1,15}u001[bB])\[[\d;]{0,16}[mK]`;
const DISGUISE = new RegExp(`${ESCAPE}|${COLOUR}`, 'g');

export interface PlainText {
  readonly text: string;
  /** Where in the original something is that begins at a position. */
  startOf(position: number): number;
  /** Where in the original something ends that ends at a position. */
  endOf(position: number): number;
}

/**
 * The lines that have disguises, without them: those that follow each other in one. What is found there is
 * replaced in the original, so that nothing else changes in it.
 *
 * @param disguises where they are, in order
 */
export function plainTextsOf(original: string, disguises: readonly number[]): readonly PlainText[] {
  const blocks: { readonly from: number; to: number }[] = [];
  for (const at of disguises) {
    const last = blocks.at(-1);
    if (last && at < last.to) continue;
    const from = startOfLine(original, at, last?.to ?? 0);
    const to = endOfLine(original, at);
    if (last?.to === from) last.to = to;
    else blocks.push({ from, to });
  }
  return blocks.map(({ from, to }) => plainTextOf(original.slice(from, to), from));
}

/** Lines may be those of text within JSON text; their escaped breaks belong to what follows, which they tell to be a line. */
function startOfLine(text: string, at: number, least: number): number {
  let start = at;
  while (start > least && text.charAt(start - 1) !== '\n') {
    start -= 1;
    if (text.charAt(start) !== '\\' || text.charAt(start + 1) !== 'n') continue;
    while (start > least && text.charAt(start - 1) === '\\') start -= 1;
    break;
  }
  return start;
}

const LINE_BREAK = /\n|(?<!\\)\\{1,15}n/g;

function endOfLine(text: string, at: number): number {
  const lineBreak = matchAt(LINE_BREAK, text, at);
  if (lineBreak === undefined) return text.length;
  return lineBreak[0] === '\n' ? lineBreak.index + 1 : lineBreak.index;
}

/** What was replaced: `from` up to `to` in the original, by `size` characters at `at`. */
interface Piece {
  readonly at: number;
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

function plainTextOf(block: string, offset: number): PlainText {
  const pieces: Piece[] = [];
  let text = '';
  let done = 0;
  for (const match of block.matchAll(DISGUISE)) {
    const [disguise, backslashes = '', slash, hex] = match;
    const plain = slash ?? (hex === undefined ? '' : writtenPlainly(hex, backslashes.length));
    text += block.slice(done, match.index);
    done = match.index + disguise.length;
    pieces.push({ at: text.length, size: plain.length, from: match.index, to: done });
    text += plain;
  }
  text += block.slice(done);

  const originalOf = (position: number, piece: Piece | undefined, within: 'from' | 'to'): number => {
    if (piece === undefined) return offset + position;
    const behind = position - piece.at - piece.size;
    return offset + (behind >= 0 ? piece.to + behind : piece[within]);
  };
  return {
    text,
    startOf: (position) => originalOf(position, lastBefore(pieces, position + 1), 'from'),
    endOf: (position) => originalOf(position, lastBefore(pieces, position), 'to'),
  };
}

/** Quotes and backslashes stay escaped, as deeply as they were: `\u0022` is `\"`, `\\u0022` is `\\\"`. */
function writtenPlainly(hex: string, depth: number): string {
  const character = String.fromCharCode(Number.parseInt(hex, 16));
  if (character === '"') return '\\'.repeat(2 * depth - 1) + character;
  return character === '\\' ? character.repeat(2 * depth) : character;
}

/** The last piece that begins before a position. */
function lastBefore(pieces: readonly Piece[], position: number): Piece | undefined {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.at ?? Infinity) < position) low = middle + 1;
    else high = middle;
  }
  return pieces[low - 1];
}
