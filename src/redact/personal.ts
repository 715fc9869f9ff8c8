/** Personal data: e-mail addresses and user names. Redacted only when the recipe asks for it. */
import { afterEscape, matchAt } from './sticky.js';
import type { Rule } from './types.js';

/** RFC 5321, 4.5.3.1: at most 64 characters before the `@`. Quoted local parts do not match. */
const LOCAL_PART = /(?<![\w.%+-])[\w.%+-]{1,64}$/;
const DOMAIN = /@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![\w-])/y;
/** `git@github.com:…` is not a person. */
const NOT_PERSONAL = new Set(['git']);

export const email: Rule = {
  keywords: ['@'],
  find(text, at) {
    const domain = matchAt(DOMAIN, text, at);
    const local = LOCAL_PART.exec(text.slice(Math.max(0, at - 65), at));
    if (domain === undefined || local === null) return undefined;
    const start = afterEscape(text, at - local[0].length);
    if (start >= at || NOT_PERSONAL.has(text.slice(start, at))) return undefined;
    return { kind: 'email', start, end: at + domain[0].length };
  },
};

/** Home folders of macOS, Linux and Windows, and as Claude Code names a project's folder: `-Users-ada-code`. */
const WORD = /(?:[^/\\\s"'`:;,<>|*?()[\]{}$%&#=]|\\u[0-9a-fA-F]{4}){1,64}/.source;
const HOME = new RegExp(`(?:/Users/|/home/|\\\\Users\\\\+)(${WORD})`, 'y');
/** On Windows a name may have spaces; its end is only certain before the next separator. */
const SPACED_HOME = new RegExp(`\\\\Users\\\\+(${WORD}(?: ${WORD}){1,3})(?=\\\\)`, 'y');
const FLATTENED_HOME = /-(?:Users|home)-([^-/\\\s"'`:;,<>|*?()[\]{}$%&#=]{1,64})(?=[-/\\"'`\s]|$)/y;
const HOME_BEFORE = /(?:^|[^\w.-]|\/[A-Za-z])$/;
const FLATTENED_BEFORE = /(?:^|[/\\"'`\s])$/;
/** Folders next to those of the users. */
const SHARED = new Set(['.', '..', 'Shared', 'Public', 'Default', 'All']);

export const userName: Rule = {
  keywords: ['/users/', '/home/', '\\users\\', '-users-', '-home-'],
  find(text, at) {
    const isFlattened = text.charAt(at) === '-';
    const before = text.slice(Math.max(0, at - 2), at);
    if (!(isFlattened ? FLATTENED_BEFORE : HOME_BEFORE).test(before)) return undefined;
    const match = isFlattened
      ? matchAt(FLATTENED_HOME, text, at)
      : (matchAt(SPACED_HOME, text, at) ?? matchAt(HOME, text, at));
    const name = match?.[1];
    if (match === undefined || name === undefined || SHARED.has(name)) return undefined;
    const end = at + match[0].length;
    const begin = end - name.length;
    const start = isEscaped(text, begin) ? afterEscape(text, begin) : begin;
    return start < end ? { kind: 'user-name', start, end } : undefined;
  },
};

/** One backslash before a name is the separator, two in JSON text; a third is part of the name. */
function isEscaped(text: string, begin: number): boolean {
  let before = begin;
  while (text.charAt(before - 1) === '\\') before -= 1;
  const backslashes = begin - before;
  return backslashes >= 3 && backslashes % 2 === 1;
}
