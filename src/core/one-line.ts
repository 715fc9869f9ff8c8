const longest = 300;

/** A foreign text as part of a message: whitespace and control characters folded, cut when long. */
export function oneLine(text: string, limit = longest): string {
  // Cut first: the text may be megabytes. Twice the limit leaves room for whitespace that folds.
  const start = text.slice(0, limit * 2);
  const folded = start.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return folded.length > limit || start.length < text.length ? `${folded.slice(0, limit)}…` : folded;
}
