/** Credentials in HTTP headers: `Authorization` with any scheme (RFC 9110, 11.6.2) and cookies (RFC 6265). */
import { isPlaceholder, looksRandom, looksSecret, UUID } from './judgement.js';
import { QUOTE } from './separators.js';
import { endOf, matchAt } from './sticky.js';
import type { Finding, Rule } from './types.js';

const AUTHORIZATION = new RegExp(
  `authorization(?:${QUOTE})?[ \\t]{0,8}(?:=>|[:=,])[ \\t]{0,8}(?:${QUOTE})?(?:(basic)?(?:[a-z][a-z0-9-]{1,31})?[ \\t]{1,4}(?:token=|api_?key=|credential=)?(?:${QUOTE})?)?`,
  'iy',
);
const CREDENTIALS = /[\w.~+/:=@-]{12,4096}/y;

const authorization: Rule = {
  keywords: ['authorization'],
  isGeneric: true,
  find(text, at) {
    const header = matchAt(AUTHORIZATION, text, at);
    if (header === undefined) return undefined;
    const start = at + header[0].length;
    const value = matchAt(CREDENTIALS, text, start)?.[0];
    if (value === undefined) return undefined;
    if (!looksSecret(value.slice(0, 256), { minLength: 12, minEntropy: 3, minChange: 0.1 })) return undefined;
    return {
      kind: header[1] === undefined ? 'authorization' : 'basic-auth',
      start,
      end: start + value.length,
    };
  },
};

const COOKIES = new RegExp(
  `cookies?2?(?:${QUOTE})?(?:[ \\t]{0,8}(?:=>|[:=])[ \\t]{0,8}|[ \\t]{1,4})(?:${QUOTE})?(?:set-cookie2?:[ \\t]?)?`,
  'iy',
);
const PAIR =
  /([\w.!#$%&*+^|~-]{1,128})=(\\{0,7}"?[\w.!#$&'*+/:<=>?@^`{|}~()[\]-]{0,4096}(?:%[\da-f]{2}[\w.!#$&'*+/:<=>?@^`{|}~()[\]-]{0,4096}){0,512})/iy;
const NEXT = /;[ \t]{0,4}/y;
const MOST_PAIRS = 64;

/** A cookie's value is a secret when it looks random, whatever its name. */
const cookie: Rule = {
  keywords: ['cookie'],
  isGeneric: true,
  find(text, at) {
    let next = endOf(COOKIES, text, at);
    const found: Finding[] = [];
    for (let nth = 0; next !== undefined && nth < MOST_PAIRS; nth += 1) {
      const pair = matchAt(PAIR, text, next);
      if (pair === undefined) break;
      const end = next + pair[0].length;
      const value = pair[2] ?? '';
      if (looksLikeSession(value)) found.push({ kind: 'cookie', start: end - value.length, end });
      next = endOf(NEXT, text, end);
    }
    return found;
  },
};

function looksLikeSession(value: string): boolean {
  const text = value.slice(0, 256);
  return !isPlaceholder(text) && (UUID.test(text) || looksRandom(text));
}

export const HEADERS: readonly Rule[] = [authorization, cookie];
