/**
 * Undoes escapes and colours that hide secrets: PHP writes `\/` for `/` in JSON and .NET `\u002B` for `+`, at any
 * depth of JSON within JSON; `grep --color` puts colours before and into its matches.
 */
import { matchAt } from './sticky.js';

/** In lower case. A text without any of these hides nothing. */
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
  /** The position in the original where a finding that begins here begins. */
  startOf(position: number): number;
  /** The position in the original where a finding that ends here ends. */
  endOf(position: number): number;
}

/**
 * The lines with escapes or colours, as plain text; adjacent lines are one text. Findings are replaced in the
 * original, so that nothing else in it changes.
 *
 * @param disguises positions of the escapes and colours, in order
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

/** Line breaks may be escaped, in JSON text; an escaped break is kept at the start of the line after it. */
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

/** A replacement: `from` up to `to` in the original became `size` characters at `at`. */
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

/** Quotes and backslashes stay escaped to the same depth: `\u0022` becomes `\"`, `\\u0022` becomes `\\\"`. */
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
