/**
 * The forms of gitleaks' rules as rules of the one-pass scan: tokens that their form alone gives away, and values that
 * follow a vendor's name. The tables are written by scripts/write-gitleaks-rules.mjs from what gitleaks publishes.
 */
import { GITLEAKS_NAMED, GITLEAKS_TOKENS, type NamedRow, type TokenRow } from './gitleaks-rules.js';
import { entropyOf, isPlaceholder, isRandomLetters } from './judgement.js';
import { OPENING, SEPARATOR } from './separators.js';
import { endOf, endOfWord, isWordStart } from './sticky.js';
import type { Rule } from './types.js';

/** In base64, a beginning of letters occurs by chance. */
const IN_BASE64 = /[A-Za-z0-9+/]{16}[+/]$/;
const WITH_MARK = /[^A-Za-z0-9]/;

const tokens = GITLEAKS_TOKENS.map(([kind, keywords, back, source, entropy]: TokenRow): Rule => {
  const pattern = new RegExp(source, 'y');
  const isLetters = keywords.some((keyword) => !WITH_MARK.test(keyword));
  return {
    keywords,
    find(text, at) {
      const start = at - back;
      const end = start < 0 || !isWordStart(text, start) ? undefined : endOf(pattern, text, start);
      if (end === undefined || entropyOf(text.slice(start, end)) < entropy) return undefined;
      if (isLetters && IN_BASE64.test(text.slice(Math.max(0, start - 17), start))) return undefined;
      return { kind, start, end: endOfWord(text, end) };
    },
  };
});

/** What may follow a value: a digit more would make it another value. */
const VALUE_END = String.raw`(?=[\x60'"\s;,<&)}\]|]|\\|$)`;
/** Of letters and digits, or hexadecimal: other values without a digit are words more often than not. */
const UNLIKE_WORDS = /\d|^[a-f:-]+$/i;

const named = GITLEAKS_NAMED.map(([kind, keywords, name, source, entropy]: NamedRow): Rule => {
  const separator = new RegExp(String.raw`(?:${name})[ \t\w.-]{0,20}(?:${SEPARATOR})${OPENING}`, 'iy');
  const pattern = new RegExp(source + VALUE_END, 'y');
  return {
    keywords,
    isGeneric: true,
    find(text, at) {
      const start = endOf(separator, text, at);
      const end = start === undefined ? undefined : endOf(pattern, text, start);
      if (start === undefined || end === undefined) return undefined;
      const value = text.slice(start, end);
      if (
        (!UNLIKE_WORDS.test(value) && !isRandomLetters(value)) ||
        isPlaceholder(value) ||
        entropyOf(value) < entropy
      )
        return undefined;
      return { kind, start, end };
    },
  };
});

export const VENDOR_TOKENS: readonly Rule[] = tokens;
export const VENDOR_NAMED: readonly Rule[] = named;
