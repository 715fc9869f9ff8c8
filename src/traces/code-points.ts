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
