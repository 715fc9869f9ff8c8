const longest = 300;

/** A text from outside, for use in a message: whitespace and control characters collapsed, truncated when long. */
export function oneLine(text: string, limit = longest): string {
  // Truncated first: the text may be megabytes. Twice the limit leaves room for whitespace that collapses.
  const start = text.slice(0, limit * 2);
  const folded = start.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return folded.length > limit || start.length < text.length ? `${folded.slice(0, limit)}…` : folded;
}
