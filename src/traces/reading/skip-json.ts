/**
 * Finds the ends of values in the bytes of a JSON text without parsing it. The results are exact in valid JSON; in
 * anything else they may be wrong, but nothing throws or reads past the end.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * The position after the value that begins at `start`, with no space before it; -1 when it does not end before
 * `end`.
 *
 * @param unless whole strings with their quotes: the result is also -1 when the object or list contains one of them,
 * as a key or as a value
 */
export function endOfValue(
  bytes: Buffer,
  start: number,
  end: number,
  unless: readonly Buffer[] = [],
): number {
  const first = bytes[start];
  if (first === QUOTE) return endOfString(bytes, start, end);
  return first === OPEN_BRACE || first === OPEN_BRACKET
    ? endOfBrackets(bytes, start, end, unless)
    : endOfWord(bytes, start, end);
}

/**
 * True when the text after a value ends as it must if the value is in `depth` nested objects: with further members
 * and that many closing braces.
 */
export function endsObjects(depth: number, bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  for (let open = depth; open > 0;) {
    if (at >= end) return false;
    if (bytes[at] === CLOSE_BRACE) {
      open -= 1;
      at += 1;
    } else {
      at = bytes[at] === COMMA ? endOfMember(bytes, at + 1, end) : -1;
      if (at === -1) return false;
    }
  }
  while (at < end && (bytes[at] ?? 0) <= SPACE) at += 1;
  return at === end;
}

function endOfMember(bytes: Buffer, start: number, end: number): number {
  const colon = bytes[start] === QUOTE ? endOfString(bytes, start, end) : -1;
  return colon !== -1 && bytes[colon] === COLON ? endOfValue(bytes, colon + 1, end) : -1;
}

function endOfBrackets(bytes: Buffer, start: number, end: number, unless: readonly Buffer[]): number {
  let depth = 0;
  for (let at = start; at < end;) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (const text of unless) if (hasBytesAt(bytes, at, text)) return -1;
      at = endOfString(bytes, at, end);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** `indexOf` is twice as fast here as a loop over the bytes, even for short strings. */
function endOfString(bytes: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1 || quote >= end) return -1;
    let before = quote - 1;
    while (bytes[before] === BACKSLASH) before -= 1;
    at = quote + 1;
    // Backslashes escape each other in pairs; the last of an odd number escapes the quote.
    if ((quote - before) % 2 === 1) return at;
  }
  return -1;
}

/** A number, `true`, `false` or `null`. */
function endOfWord(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && !ENDS_WORD.has(bytes[at])) at += 1;
  return at > start && at < end ? at : -1;
}

const ENDS_WORD: ReadonlySet<number | undefined> = new Set([COMMA, CLOSE_BRACE, CLOSE_BRACKET]);

/** True when these bytes contain a text at a position. */
export function hasBytesAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let matched = 0; matched < text.length; matched += 1) {
    if (bytes[at + matched] !== text[matched]) return false;
  }
  return true;
}
