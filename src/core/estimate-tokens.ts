/**
 * Estimates the tokens of a text: four ASCII characters make one token, or three others, or one and a half of a
 * dense script (Han, Kana, Hangul). Compared with o200k: prose and code within 10 %, most languages within 25 %,
 * JSON full of numbers and identifiers up to a third too low.
 */
export function estimateTokens(text: string): number {
  const dense = count(text, /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu);
  const ascii = count(text, /[\0-\x7f]/g);
  const others = count(text, /[^\0-\x7f]/gu) - dense;
  return Math.ceil(ascii / 4 + others / 3 + (dense * 2) / 3);
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
