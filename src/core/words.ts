import { isObject, type Json } from './json.js';

/** A word of a text: its hash, the same in capitals, and where it is. */
export interface Word {
  readonly hash: number;
  readonly start: number;
  readonly end: number;
}

/** The words of a text in order, without punctuation. Each character of Chinese, Japanese or Thai is a word. */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let start = -1;
  let hash = 0;
  const close = (end: number): void => {
    if (start >= 0) words.push({ hash: mixed(hash), start, end });
    start = -1;
  };
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const folded = FOLDED[unit] || fold(unit);
    if (folded === NO_WORD) {
      close(at);
      continue;
    }
    const isDense = DENSE[unit] === 1;
    if (isDense) close(at);
    if (start < 0) {
      start = at;
      hash = FNV_OFFSET;
    }
    hash = Math.imul(hash ^ folded, FNV_PRIME);
    if (isDense) close(at + 1);
  }
  close(text.length);
  return words;
}

/** FNV-1a, 32 bits. */
const [FNV_OFFSET, FNV_PRIME] = [0x811c9dc5, 0x01000193];

/** By code unit: 0 for not looked up yet, `NO_WORD` for what divides words, else the unit in lower case. */
const FOLDED = new Uint16Array(0x10000);
const NO_WORD = 0xffff;
/** By code unit: 1 for scripts that put no space between words. */
const DENSE = new Uint8Array(0x10000);

const LETTER = /[\p{L}\p{M}\p{N}\p{Cs}]/u;
const DENSE_LETTER =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Halves of characters beyond the first 65,536 count as letters. */
function fold(unit: number): number {
  const character = String.fromCharCode(unit);
  if (DENSE_LETTER.test(character)) DENSE[unit] = 1;
  const folded = LETTER.test(character) ? character.toLowerCase().charCodeAt(0) : NO_WORD;
  FOLDED[unit] = folded;
  return folded;
}

/** The last step of MurmurHash3: every bit of the input changes half of the bits of the output. */
export function mixed(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Every text and number in values, one a line. */
export function textIn(values: readonly (Json | undefined)[]): string {
  const texts: string[] = [];
  const collect = (value: Json | undefined): void => {
    if (Array.isArray(value)) (value as readonly Json[]).forEach(collect);
    else if (isObject(value)) Object.values(value).forEach(collect);
    else if (value !== undefined && value !== null) texts.push(String(value));
  };
  values.forEach(collect);
  return texts.join('\n');
}
