/** Distinguishes secrets from the code, words and paths that follow the same names. */

/** `$VAR`, `${VAR}`, `{{ var }}`, `<value>`, `%VAR%`, `(expression)`: a reference to a secret. */
const REFERENCE = /^(?:\$|\{|<|\(|\[|%[A-Za-z_]+%$|env\.|process\.env|os\.environ)/;
const MASK = /^(.)\1*$|\*{3}|\.{3}|…|xxxx|XXXX/;

/** True for a placeholder, and for text that was redacted before. */
export function isPlaceholder(value: string): boolean {
  return REFERENCE.test(value) || MASK.test(value) || value.includes('${') || value.includes('[REDACTED');
}

const NUMBER = /^-?[\d.,_]+(?:[eE][+-]?\d+)?$/;
const PATH = /^(?:\.{0,2}|~|[A-Za-z]:)[/\\]/;
const URL_IN_IT = /:\/\//;
/** Base64 may begin with a slash. */
const isPath = (value: string): boolean =>
  URL_IN_IT.test(value) || (PATH.test(value) && !isRandomLetters(value));
const CODE = /[()[\]{}]|=>|::|^(?:this|self|config|options|req|request|data|response|result|params|args)\./;
/** `response.data`, `settings.TOKEN_V2`: words joined by dots. */
const MEMBER = /^[A-Za-z_$][A-Za-z_$]*\d{0,2}(?:\.[A-Za-z_$]+\d{0,2})+$/;
export const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** How strict the judgement is. */
export interface Thresholds {
  readonly minLength: number;
  /** Shannon entropy, in bits a character. */
  readonly minEntropy: number;
  /** Share of adjacent characters of different classes (lower, upper, digit, other); low in words. */
  readonly minChange: number;
}

/** True when a value looks random, as keys and passwords do. */
export function looksSecret(value: string, { minLength, minEntropy, minChange }: Thresholds): boolean {
  return (
    value.length >= minLength &&
    !isPlaceholder(value) &&
    !NUMBER.test(value) &&
    !isPath(value) &&
    !CODE.test(value) &&
    /[A-Za-z]/.test(value) &&
    ((/\d/.test(value) && changeOf(value) >= minChange && !MEMBER.test(value)) || isRandomLetters(value)) &&
    entropyOf(value) >= minEntropy
  );
}

const RANDOM = 0.25;

export function isRandomLetters(value: string): boolean {
  const randomness = randomnessOf(value);
  return randomness >= 0.3 || (randomness >= 0.15 && isJagged(value));
}

const PIECES = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

/** Capitals and small letters alternate faster than in names such as `getUserById`. */
function isJagged(value: string): boolean {
  return (
    value.length >= 16 && /^[A-Za-z]+$/.test(value) && (value.match(PIECES)?.length ?? 0) > value.length / 3
  );
}

/**
 * The judgement of a long value whose surroundings hardly say that it is a secret: random throughout, and no UUID,
 * which names a thing more often than it opens one.
 */
export function looksRandom(value: string): boolean {
  return (
    value.length >= 16 &&
    /^[\w+/=.~%:-]+$/.test(value) &&
    /[A-Za-z]/.test(value) &&
    !isPlaceholder(value) &&
    !isPath(value) &&
    !UUID.test(value) &&
    randomnessOf(value) >= RANDOM &&
    entropyOf(value) >= 3
  );
}

/** Which letters often follow each letter in English words and in names of programs: 95 of 100 pairs. */
const COMMON_PAIRS = (
  'abcdfgiklmnprstuvwy baeilorsu cacehiklorstuy dadeilorsu eabcdefgilmnopqrstuvwxy faefilortu gaeghilnorsu ' +
  'haeiortu iabcdefglmnoprstvxz jes kaeis ladeilostuy mabeimopsu nacdefgiknostuvy ' +
  'oabcdfgiklmnoprstuvw paehiloprstu qu racdegiklmnoprstuvy sacehiklmopstuy tacehilorstuy uabcdegilmnprst ' +
  'vaeio waeinors xept yeps ze'
).split(' ');

/** By letter and next letter, as `code & 31`. */
const COMMON = new Uint8Array(32 * 32);
for (const [letter = '', ...next] of COMMON_PAIRS) {
  for (const other of next) COMMON[(letter.charCodeAt(0) & 31) * 32 + (other.charCodeAt(0) & 31)] = 1;
}

/**
 * The share of neighbours that words do not have: a digit beside a letter, and two letters that rarely follow each
 * other. About 0.1 in words, 0.5 in random text.
 */
function randomnessOf(value: string): number {
  let odd = 0;
  let before = 0;
  let wasLetter = false;
  let wasDigit = false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
    const isDigit = code >= 48 && code <= 57;
    if (isLetter && wasLetter) odd += 1 - (COMMON[(before & 31) * 32 + (code & 31)] ?? 0);
    else if ((isLetter && wasDigit) || (isDigit && wasLetter)) odd += 1;
    before = code;
    wasLetter = isLetter;
    wasDigit = isDigit;
  }
  return odd / (value.length - 1);
}

/** Shannon entropy in bits a character. */
export function entropyOf(value: string): number {
  const counts = new Uint16Array(128);
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at) % 128;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts.reduce((entropy, count) => {
    const share = count / value.length;
    return count === 0 ? entropy : entropy - share * Math.log2(share);
  }, 0);
}

function changeOf(value: string): number {
  let changes = 0;
  for (let at = 1; at < value.length; at += 1) {
    if (classOf(value.charCodeAt(at)) !== classOf(value.charCodeAt(at - 1))) changes += 1;
  }
  return changes / (value.length - 1);
}

function classOf(code: number): 'lower' | 'upper' | 'digit' | 'other' {
  if (code >= 97 && code <= 122) return 'lower';
  if (code >= 65 && code <= 90) return 'upper';
  return code >= 48 && code <= 57 ? 'digit' : 'other';
}
