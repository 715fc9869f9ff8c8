import { endOf, matchAt } from './sticky.js';
import type { Finding, Rule } from './types.js';

const HEADER = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;

/** The next line of dashes; a second BEGIN means that the first key was cut off. */
const NEXT_LINE = /-----(BEGIN|END)[A-Z0-9 ]{0,60}-----/g;
/** Enough for a long key with everything that PGP adds; a longer text is not one key. */
const LONGEST_BODY = 32_768;

/** Base64 after at most a few other characters: line breaks, escaped ones, line numbers of a file viewer. */
const RUN = /[^-"]{0,24}?[A-Za-z0-9+/]{20,}={0,2}/y;

const LINE_BREAK = String.raw`(?:\r?\n|(?:\\{1,15}r)?\\{1,15}n)`;
const LINE_END = String.raw`(?=[\s"'\\<\x1b]|$)`;
/** The prefix that `grep -n`, `git diff` and `git blame` put before a line, if any. */
const PREFIX = String.raw`(?:\+|(?:[^\r\n"\\]|\\(?!\\{0,14}[rn])){0,240}?[^\w+/"\\])?`;

/** A line of base64. A short one must end with padding, as the last line often does. */
const LINE = new RegExp(
  `${LINE_BREAK}${PREFIX}([A-Za-z0-9+/]{20,}={0,2}|[A-Za-z0-9+/]{2,19}={1,2})${LINE_END}`,
  'y',
);
/** Distinguishes base64 from paths and long words. */
const MIXED = /^(?=.{0,500}?[A-Z])(?=.{0,500}?[a-z])(?=.{0,500}?[\d+=])/;

/** RFC 1421, 4.6 (`Proc-Type: 4,ENCRYPTED`) and RFC 9580, 6.2.2 (`Comment: …`), and the empty line after them. */
const HEADER_LINE = new RegExp(
  `${LINE_BREAK}${PREFIX}(?:(?:Proc-Type|DEK-Info|Version|Comment|MessageID|Hash|Charset): [^\\r\\n"\\\\]{0,200}${LINE_END}|(?=${LINE_BREAK}))`,
  'y',
);
const MOST_HEADER_LINES = 12;

const BASE64 = /[A-Za-z0-9+/=]{8,}/g;

/** Private keys in PEM (RFC 7468) and OpenPGP (RFC 9580, 6.2), complete or cut off; a header alone is not one. */
export const privateKey: Rule<Finding> = {
  keywords: ['-----begin '],
  find(text, at) {
    const body = endOf(HEADER, text, at);
    const end = body === undefined ? undefined : (endOfWhole(text, body) ?? endOfPart(text, body));
    return end === undefined ? undefined : { kind: 'private-key', start: at, end };
  },
};

function endOfWhole(text: string, body: number): number | undefined {
  const next = matchAt(NEXT_LINE, text, body);
  if (next?.[1] !== 'END' || next.index - body > LONGEST_BODY) return undefined;
  const between = text.slice(body, next.index);
  const base64 = [...between.matchAll(BASE64)].reduce((sum, [run]) => sum + run.length, 0);
  return base64 >= between.length / 2 && base64 > 0 ? next.index + next[0].length : undefined;
}

function endOfPart(text: string, body: number): number | undefined {
  const begin = endOfHeaders(text, body);
  let end = begin;
  for (let next = endOfLine(text, end); next !== undefined; next = endOfLine(text, end)) end = next;
  return end === begin ? undefined : end;
}

function endOfHeaders(text: string, body: number): number {
  let end = body;
  for (let line = 0; line < MOST_HEADER_LINES; line += 1) {
    if (endOfLine(text, end) !== undefined) break;
    end = endOf(HEADER_LINE, text, end) ?? end;
  }
  return end;
}

function endOfLine(text: string, at: number): number | undefined {
  const line = matchAt(LINE, text, at);
  return line && MIXED.test(line[1] ?? '') ? at + line[0].length : endOf(RUN, text, at);
}
