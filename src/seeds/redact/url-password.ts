/** The password in `scheme://user:password@host`: known by where it stands, so that it may be anything. */
import { matchAt } from './sticky.js';
import type { Finding, Rule } from './types.js';

/** Neither white space nor what ends a string or markup; an apostrophe may stand within a word. */
const IN_NAME = String.raw`(?:[^\s"'\`<>\\/?#@:[]|(?<=\w)'(?=\w))`;
const IN_PASSWORD = String.raw`(?:[^\s"'\`<>\\/?#@]|(?<=\w)'(?=\w)|\\u[\da-fA-F]{4})`;
/** Not over the beginning of the next URL: every text is gone through once. */
const OUT_OF_ORDER = String.raw`(?:(?!:\/\/)[^\s"'\`<>\\@]|(?<=\w)'(?=\w)|\\u[\da-fA-F]{4})`;
/** A host, a variable, or the end of a string that goes on elsewhere; but not the next part of a pattern. */
const HOST = String.raw`(?![\s(),;|*+?])`;
const MOST = 16_384;

/** RFC 3986, 3.2.1. An `@` in a password ought to be escaped, but is not always: the last one counts. */
const USER_INFO = new RegExp(
  `://${IN_NAME}{0,256}(?:@${IN_NAME}{1,256})?:((?:${IN_PASSWORD}|@){1,${MOST}})@${HOST}`,
  'y',
);
/** Nor are `/`, `?` and `#`; but `file://c:/…` is a drive. */
const UNESCAPED = new RegExp(
  `://(?![A-Za-z]:/)${IN_NAME}{0,256}:(${OUT_OF_ORDER}{1,${MOST}}(?:@${IN_PASSWORD}{0,256})?)@${HOST}`,
  'y',
);

export const urlPassword: Rule = {
  keywords: ['://'],
  isGeneric: true,
  find(text, at) {
    const strict = matchAt(USER_INFO, text, at);
    if (strict) return findingOf(strict, at, isStandIn);
    const unescaped = matchAt(UNESCAPED, text, at);
    return (
      unescaped && findingOf(unescaped, at, (password) => isStandIn(password) || beginsWithPort(password))
    );
  },
};

function findingOf(
  match: RegExpExecArray,
  at: number,
  isNone: (password: string) => boolean,
): Finding | undefined {
  const password = match[1] ?? '';
  const end = at + match[0].length - 1;
  return isNone(password) ? undefined : { kind: 'url-password', start: end - password.length, end };
}

/** Nothing but variables, as shells, templates and code write them, or marks: `$PW`, `${PW}-{{ x }}`, `<pw>`, `%s`. */
const VARIABLES =
  /^(?:\$\w+|\$?\{[^{}]*\}|\{\{[^{}]*\}\}|\$?\([^()]*\)|\[[^[\]]*\]|%[A-Za-z](?!\w)|%\w+%|[-.])+$/;
const MASK = /^(?:(.)\1{2,}|[x*.…]{2,})$/i;
/** Of a regular expression that finds such URLs. */
const PATTERN = /\[\^|\(\?|\((?:\.|\\)/;

function isStandIn(password: string): boolean {
  return VARIABLES.test(password) || MASK.test(password) || PATTERN.test(password);
}

/** `http://localhost:3000/@scope` */
function beginsWithPort(password: string): boolean {
  const port = password.slice(0, password.search(/[/?#]/));
  return /^(?:\d{1,5}|port)$/i.test(port) || VARIABLES.test(port);
}
