/**
 * Characters as Python and Jinja2 count them: by code point. In JavaScript's own count, one beyond U+FFFF (an emoji,
 * for instance) is two, and cutting between them leaves half a character.
 */
const HALF = /[\ud800-\udfff]/;

export function characterCount(text: string): number {
  return HALF.test(text) ? [...text].length : text.length;
}

/** As `slice`, for positions counted in code points. */
export function sliceCharacters(text: string, start: number, end?: number): string {
  return HALF.test(text) ? [...text].slice(start, end).join('') : text.slice(start, end);
}

/** Compares strings by code point, which for astral characters differs from JavaScript's `<`. */
export function byCodePoint(a: string, b: string): number {
  // Bytes of UTF-8 sort in the order of the code points.
  return isAscii(a) && isAscii(b)
    ? a < b
      ? -1
      : Number(a > b)
    : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
