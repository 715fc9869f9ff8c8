/** Rules try their patterns at one place: patterns are sticky, and used through these two alone. */

/** Where the match of a sticky pattern at a position ends. */
export function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** The match of a sticky pattern at a position; of a global one, at that position or after. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Where words begin in text that may be escaped: in JSON text, a token after a line break reads `\nghp_…`. */

/** Behind no letter; or behind an escape of JSON, a shell, a URL or a terminal, whose last is one. */
const ESCAPE = String.raw`\\(?:[bfnrtv0]|x[\da-f]{2}|u[\da-f]{4})|%[\da-f]{2}`;
const CONTROL = String.raw`\[[\d;]{0,16}[mK]|(?:\x1b|\\(?:e|x1b|033|u001b))\[[?\d;]{0,16}[a-z]`;
const WORD_START = new RegExp(String.raw`(?<!\w)|(?<=${ESCAPE}|${CONTROL})`, 'iy');

export function isWordStart(text: string, at: number): boolean {
  return endOf(WORD_START, text, at) !== undefined;
}

const JSON_ESCAPE = /(?:u[\da-fA-F]{4}|["\\/bfnrt])/y;

/** The position itself or, in the midst of an escape of JSON, the one behind it. */
export function afterEscape(text: string, at: number): number {
  return text.charAt(at - 1) === '\\' ? (endOf(JSON_ESCAPE, text, at) ?? at) : at;
}
