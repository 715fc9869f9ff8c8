/** Rules try their patterns at one position: patterns are sticky and are used only through these functions. */

/** The end of a match at a position. */
export function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The match of a sticky pattern at a position; of a global pattern, at that position or later. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/**
 * Escapes whose last character is a letter, in JSON, a shell, a URL or a terminal. A word may begin right after one:
 * in JSON text, a token after a line break is written `\nghp_…`.
 */
const ESCAPE = String.raw`\\(?:[bfnrtv0]|x[\da-f]{2}|u[\da-f]{4})|%[\da-f]{2}`;
const CONTROL = String.raw`\[[\d;]{0,16}[mK]|(?:\x1b|\\(?:e|x1b|033|u001b))\[[?\d;]{0,16}[a-z]`;
const AFTER_ESCAPE = new RegExp(String.raw`(?<=${ESCAPE}|${CONTROL})`, 'iy');

const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;

export function isWordStart(text: string, at: number): boolean {
  return at === 0 || !isWordCode(text.charCodeAt(at - 1)) || endOf(AFTER_ESCAPE, text, at) !== undefined;
}

const REST_OF_WORD = /[\w-]*/y;

/** The end of a word: a token may be longer than its pattern, and the rest would be part of the secret. */
export function endOfWord(text: string, at: number): number {
  return endOf(REST_OF_WORD, text, at) ?? at;
}

const JSON_ESCAPE = /(?:u[\da-fA-F]{4}|["\\/bfnrt])/y;

/** The position itself or, inside an escape of JSON, the position after the escape. */
export function afterEscape(text: string, at: number): number {
  return text.charAt(at - 1) === '\\' ? (endOf(JSON_ESCAPE, text, at) ?? at) : at;
}
