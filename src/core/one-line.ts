const longest = 300;

/**
 * Characters that are not seen and can make a text look like another: marks and overrides of direction, spaces without
 * width, tags. For a character class of a regular expression with the flag `u`. Joiners are kept: emoji and words of
 * Persian need them.
 */
export const UNSEEN = String.raw`\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}`;

const unseen = new RegExp(`[${UNSEEN}]`, 'gu');

/**
 * A text from outside, for use in a message: whitespace and control characters collapsed, without what is not seen,
 * truncated when long.
 */
export function oneLine(text: string, limit = longest): string {
  // Truncated first: the text may be megabytes. Twice the limit leaves room for whitespace that collapses.
  const start = text.slice(0, limit * 2);
  const folded = start
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(unseen, '')
    .trim();
  return folded.length > limit || start.length < text.length ? `${folded.slice(0, limit)}…` : folded;
}
