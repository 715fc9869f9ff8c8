/** Reads the value after a name: between quotes, as a word, or as the rest of a line. */
import { endOf } from './sticky.js';

export interface Value {
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
  /** The value ends at its closing quote; an unquoted one may go on with characters that are rarely part of a value. */
  readonly isClosed: boolean;
}

/** Only this much of a value is judged; a secret is replaced to its end. */
const JUDGED = 256;
const LONGEST = 8192;

/** Letters of other alphabets, without quotes, dashes, arrows and boxes. */
const LETTER = String.raw`\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u1fff€`;
const NO_MARKUP = String.raw`<(?!/?[A-Za-z][\w-]{0,24}(?: [\w-]{1,24}=| ?/?>)|!--)`;
/** An `&` is part of a value unless it begins the next parameter of a URL or the next command. */
const BARE_CHARACTER = String.raw`[\w+/=.~!@%^*?:#$${LETTER}-]|&(?!&|[\w.-]{0,64}=)|\\u[0-9a-fA-F]{4}`;
const BARE = new RegExp(`(?:${BARE_CHARACTER}){1,${JUDGED}}`, 'y');
/**
 * Also part of a value: separators with no next value after them, an apostrophe within a word, a `<` that does not
 * begin markup, and a backslash that escapes nothing.
 */
const TAIL = new RegExp(
  [
    `(?:${BARE_CHARACTER}`,
    String.raw`[,;|]+(?=[\w+/=.~!@%^*?:#$${LETTER}-])(?![\w.-]{1,64}[=:])`,
    String.raw`(?<=\w)'(?=\w)`,
    NO_MARKUP,
    String.raw`\\{1,8}(?![nrtbfu]|(?:x1b|033|e)\[)(?=[\w+=.~!@%^*?:#$-]))`,
  ].join('|') + `{0,${LONGEST}}`,
  'y',
);
/** `token = read(…)`, `token[…]`: the value is code. */
const CODE_GOES_ON = /[([{]/;

/** The value that begins at a position: up to the closing quote, or the end of the word. */
export function readValue(text: string, at: number): Value | undefined {
  const quoted = readQuoted(text, at);
  if (quoted) return quoted;
  const start = at + openingQuote(text, at).length;
  const end = endOf(BARE, text, start);
  if (end === undefined || CODE_GOES_ON.test(text.charAt(end))) return undefined;
  return { start, end, isQuoted: start > at, isClosed: false };
}

/** The part of a value that is judged. */
export function judgedPart(text: string, { start, end }: Value): string {
  return text.slice(start, Math.min(end, start + JUDGED));
}

/** The end of the word that a secret is in. */
export function endOfSecret(text: string, { end, isClosed }: Pick<Value, 'end' | 'isClosed'>): number {
  return isClosed ? end : (endOf(TAIL, text, end) ?? end);
}

/** `DB_PASSWORD=`, as in `.env` files: the whole word after it is the value. */
const IN_LINE = String.raw`[-+> \t]{0,8}(?:(?:export|set|env|arg)[ \t])?[\w.-]{0,60}$`;
const LINE_BEFORE = new RegExp(String.raw`(?:^|[\r\n]|\\[nr]|")${IN_LINE}`, 'i');
const REAL_LINE_BEFORE = new RegExp(String.raw`(?:^|[\r\n])${IN_LINE}`, 'i');
const LINE_BACK = 80;
const IN_WORD = String.raw`[^\s"'\x60\\,;|&<]|[,;|&](?![\s,;|&]|[\w.-]{1,64}=|$)|${NO_MARKUP}|(?<=\w)'(?=\w)`;
const WORD = new RegExp(`(?:${IN_WORD}){1,${LONGEST}}`, 'y');
/** After a real line break, a backslash cannot begin an escaped one. */
const REAL_WORD = new RegExp(String.raw`(?:${IN_WORD}|\\(?=[^\s"'\x60])){1,${LONGEST}}`, 'y');

/**
 * The value of a name that begins a line or a string.
 *
 * @param nameAt the start of the last part of the name
 * @param at the start of the value
 */
export function readLineValue(text: string, nameAt: number, at: number): Value | undefined {
  if (text.charAt(at - 1) !== '=') return undefined;
  const before = text.slice(Math.max(0, nameAt - LINE_BACK), nameAt);
  if (!LINE_BEFORE.test(before)) return undefined;
  const end = endOf(REAL_LINE_BEFORE.test(before) ? REAL_WORD : WORD, text, at);
  return end === undefined ? undefined : { start: at, end, isQuoted: false, isClosed: false };
}

const OPENING_QUOTE = /^\\{0,7}["'`]/;

/** A quote with the backslashes before it: in JSON text, a string within a string begins with `\"`. */
function openingQuote(text: string, at: number): string {
  return OPENING_QUOTE.exec(text.slice(at, at + 8))?.[0] ?? '';
}

const SPACE = /\s/;

/**
 * The text between two quotes of the same depth. It has no white space, and no double quote but deeper ones, so that
 * a value never leaves the JSON string it is in.
 */
function readQuoted(text: string, at: number): Value | undefined {
  const opening = openingQuote(text, at);
  if (opening === '') return undefined;
  const quote = opening.charAt(opening.length - 1);
  const depth = opening.length - 1;
  const start = at + opening.length;
  let backslashes = 0;
  for (let end = start; end < Math.min(text.length, start + LONGEST); end += 1) {
    const character = text.charAt(end);
    if (character === '\\') {
      backslashes += 1;
      continue;
    }
    // Every level doubles the backslashes and adds one; further pairs are characters of the value.
    const isClosing = character === quote && backslashes % (2 * depth + 2) === depth;
    if (isClosing) return { start, end: end - depth, isQuoted: true, isClosed: true };
    const isDeeper = quote === '"' && backslashes > depth;
    if (SPACE.test(character) || (character === '"' && !isDeeper)) return undefined;
    backslashes = 0;
  }
  return undefined;
}
