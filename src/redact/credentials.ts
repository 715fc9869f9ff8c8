/** Credentials in headers, in command lines of curl and in URLs. */
import { looksSecret, isPlaceholder } from './judgement.js';
import { matchAt, endOf } from './sticky.js';
import type { Rule, Finding } from './types.js';
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

/** RFC 7617; `_auth` of npm and `auth` of docker have the same form. */
const BASIC =
  /(?:basic[ \t]+|auth(?:\\{0,7}["'])?[ \t]{0,4}[=:][ \t]{0,4}(?:\\{0,7}["'])?)([A-Za-z0-9+/]{8,256}={0,2})/iy;
const USER_AND_PASSWORD = /^[\x20-\x39\x3b-\x7e]*:[\x20-\x7e]*$/;

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

/** `curl -u name:password` and similar, on one or several lines. One-letter options may be combined: `-su`. */
const USER = /(?:-[A-Za-z0-9#]{0,8}[uU](?=[ \t])|-[uU]|--(?:proxy-)?user(?=[ \t=]))[ \t=]{0,4}/y;
const NAME_AND_PASSWORD = /[^\s:"'\\]{0,256}:([^\s"'\\]{3,4096})/y;
const QUOTED_NAME_AND_PASSWORD = /\\{0,15}["'][^\s:"'\\]{0,256}:([^"'\\\n]{3,4096})/y;
/** `name:'password'`, `"name":"password"`. */
const NAME_AND_QUOTED_PASSWORD =
  /(?:\\{0,15}["'][^\s:"'\\]{1,256}\\{0,15}["']|[^\s:"'\\]{1,256}):\\{0,15}["']([^"'\\\n]{3,4096})/y;
/** A token in place of the name, with an empty password. */
const NAME_ONLY = /(?:\\{0,15}["'])?([^\s:"'\\]{8,4096}):(?=[\s"'\\]|$)/y;

/** White space within a command. A line continues after a backslash, which in JSON text is written `\\\n`. */
const SPACE = /(?:[ \t]|\\\r?\n|\\{3,15}(?:r\\{1,15})?n)+/y;
/** Up to the end of the command, or to the next one. */
const WORD =
  /(?!curl)(?:'[^'\n]{0,4096}'|\\{0,15}"[^"\n]{0,4096}"|&(?!&)|\\+(?![n\r\n])|[^\s|;&\\'"c]+|['"c])/iy;
const LONGEST = 16_384;

export const curlPassword: Rule = {
  keywords: ['curl'],
  isGeneric: true,
  find(text, at) {
    let part: number | undefined = at + 'curl'.length;
    while (part !== undefined && part - at < LONGEST) {
      const option: number | undefined = endOf(SPACE, text, part);
      const found = option === undefined ? undefined : passwordAt(text, option);
      if (found) return { kind: 'curl-password', ...found };
      part = option ?? endOf(WORD, text, part);
    }
    return undefined;
  },
};

function passwordAt(text: string, option: number): { start: number; end: number } | undefined {
  const at = endOf(USER, text, option);
  if (at === undefined) return undefined;
  for (const pattern of [QUOTED_NAME_AND_PASSWORD, NAME_AND_PASSWORD, NAME_AND_QUOTED_PASSWORD, NAME_ONLY]) {
    const match = matchAt(pattern, text, at);
    const password = match?.[1];
    if (match === undefined || password === undefined) continue;
    if (isPlaceholder(password) && !BRACED.test(password)) return undefined;
    const end = at + match[0].length - (pattern === NAME_ONLY ? 1 : 0);
    return { start: end - password.length, end };
  }
  return undefined;
}

/** Some services put braces around identifiers and passwords: `{ZqL5kVrX1n8tA2}`. */
const BRACED = /^\{(?=\w*\d)\w{12,}\}$/;

/**
 * The password in `scheme://user:password@host` is recognised by its position, so it may be any text: no white space
 * and nothing that ends a string or markup; an apostrophe only within a word.
 */
const IN_NAME = String.raw`(?:[^\s"'\`<>\\/?#@:[]|(?<=\w)'(?=\w))`;
const IN_PASSWORD = String.raw`(?:[^\s"'\`<>\\/?#@]|(?<=\w)'(?=\w)|\\u[\da-fA-F]{4})`;
/** Stops at the next URL, so that a text is scanned once. */
const OUT_OF_ORDER = String.raw`(?:(?!:\/\/)[^\s"'\`<>\\@]|(?<=\w)'(?=\w)|\\u[\da-fA-F]{4})`;
/** A host, a variable or the end of a string, but not the next part of a regular expression. */
const HOST = String.raw`(?![\s(),;|*+?])`;
const MAX_LENGTH = 16_384;

/** RFC 3986, 3.2.1. An `@` in a password should be escaped but is not always; the last one counts. */
const USER_INFO = new RegExp(
  `://${IN_NAME}{0,256}(?:@${IN_NAME}{1,256})?:((?:${IN_PASSWORD}|@){1,${MAX_LENGTH}})@${HOST}`,
  'y',
);
/** The same for `/`, `?` and `#`; but `file://c:/…` is a drive. */
const UNESCAPED = new RegExp(
  `://(?![A-Za-z]:/)${IN_NAME}{0,256}:(${OUT_OF_ORDER}{1,${MAX_LENGTH}}(?:@${IN_PASSWORD}{0,256})?)@${HOST}`,
  'y',
);

export const urlPassword: Rule = {
  keywords: ['://'],
  isGeneric: true,
  find(text, at) {
    const strict = matchAt(USER_INFO, text, at);
    if (strict) return findingOf(strict, at, isPlaceholderOnly);
    const unescaped = matchAt(UNESCAPED, text, at);
    return (
      unescaped &&
      findingOf(unescaped, at, (password) => isPlaceholderOnly(password) || beginsWithPort(password))
    );
  },
};

function findingOf(
  match: RegExpExecArray,
  at: number,
  isHarmless: (password: string) => boolean,
): Finding | undefined {
  const password = match[1] ?? '';
  const end = at + match[0].length - 1;
  return isHarmless(password) ? undefined : { kind: 'url-password', start: end - password.length, end };
}

/** Only variables of shells, templates and code, or placeholders: `$PW`, `${PW}-{{ x }}`, `<pw>`, `%s`. */
const VARIABLES =
  /^(?:\$\w+|\$?\{[^{}]*\}|\{\{[^{}]*\}\}|\$?\([^()]*\)|\[[^[\]]*\]|%[A-Za-z](?!\w)|%\w+%|[-.])+$/;
const MASK = /^(?:(.)\1{2,}|[x*.…]{2,})$/i;
/** Part of a regular expression that matches such URLs. */
const PATTERN = /\[\^|\(\?|\((?:\.|\\)/;

function isPlaceholderOnly(password: string): boolean {
  return VARIABLES.test(password) || MASK.test(password) || PATTERN.test(password);
}

/** `http://localhost:3000/@scope` */
function beginsWithPort(password: string): boolean {
  const port = password.slice(0, password.search(/[/?#]/));
  return /^(?:\d{1,5}|port)$/i.test(port) || VARIABLES.test(port);
}
