/** Credentials in headers. */
import { looksSecret } from './judgement.js';
import { matchAt } from './sticky.js';
import type { Rule } from './types.js';
import { endOfSecret } from './values.js';

/** RFC 6750, 2.1 */
const BEARER = /bearer[ \t]+([\w.~+/-]{16,256}={0,2})/iy;

export const bearerToken: Rule = {
  keywords: ['bearer'],
  isGeneric: true,
  find(text, at) {
    const match = matchAt(BEARER, text, at);
    const token = match?.[1];
    if (match === undefined || token === undefined) return undefined;
    if (!looksSecret(token, { minLength: 16, minEntropy: 3, minChange: 0.2 })) return undefined;
    const end = at + match[0].length;
    const start = end - token.length;
    return { kind: 'bearer-token', start, end: endOfSecret(text, { end, isClosed: false }) };
  },
};

/** RFC 7617; `_auth` of npm and `auth` of docker hold the same. */
const BASIC =
  /(?:basic[ \t]+|auth(?:\\{0,7}["'])?[ \t]{0,4}[=:][ \t]{0,4}(?:\\{0,7}["'])?)([A-Za-z0-9+/]{8,256}={0,2})/iy;
const USER_AND_PASSWORD = /^[\x20-\x39\x3b-\x7e]*:[\x20-\x7e]+$/;

export const basicAuth: Rule = {
  keywords: ['basic ', 'auth'],
  isGeneric: true,
  find(text, at) {
    const match = matchAt(BASIC, text, at);
    const credentials = match?.[1];
    if (match === undefined || credentials === undefined) return undefined;
    if (!USER_AND_PASSWORD.test(Buffer.from(credentials, 'base64').toString('latin1'))) return undefined;
    const end = at + match[0].length;
    return { kind: 'basic-auth', start: end - credentials.length, end };
  },
};
