/**
 * Estimates the tokens of a text: four ASCII characters make one token, or three others, or one and a half of a
 * dense script (Han, Kana, Hangul). Compared with o200k: English prose most often within 10 %, code and most languages
 * within 25 %, code full of tabs and JSON full of numbers and identifiers up to a third too low.
 */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let dense = 0;
  let others = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) ascii += 1;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? unit);
      at += character.length - 1;
      if (DENSE.test(character)) dense += 1;
      else others += 1;
    } else if (isDense(unit)) dense += 1;
    else others += 1;
  }
  return Math.ceil(ascii / 4 + others / 3 + (dense * 2) / 3);
}

const DENSE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

/** By code unit, once it was looked up: 1 for a dense script, 2 for another. */
const known = new Uint8Array(0x10000);

function isDense(unit: number): boolean {
  if (known[unit] === 0) known[unit] = DENSE.test(String.fromCharCode(unit)) ? 1 : 2;
  return known[unit] === 1;
}
