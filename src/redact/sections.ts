/** Sections whose name says that all their values are secrets: `[secrets]` of INI and TOML, `secrets:` of YAML, `"secrets": {`. */
import { secretKindOf } from './thresholds.js';
import { QUOTE } from './separators.js';
import { endOf } from './sticky.js';
import type { Finding, Rule } from './types.js';
import { judgedPart, readValue } from './values.js';

const NAME = 'secrets?|credentials|creds|passwords?|api_?keys';
const BREAK = String.raw`(?:\r?\n|(?:\\{1,15}r)?\\{1,15}n)`;
const BLANK = String.raw`(?:[ \t]|\\{1,15}t)`;

/** The beginning of a section and of its members: lines, indented lines, or members of an object. */
const KINDS = [
  [`(?:${NAME})\\]${BLANK}{0,8}(?=${BREAK})`, `${BREAK}{1,3}${BLANK}{0,64}`],
  [`(?:${NAME})(?:${QUOTE})?:${BLANK}{0,8}(?=${BREAK})`, `${BREAK}${BLANK}{1,64}`],
  [`(?:${NAME})(?:${QUOTE})?${BLANK}{0,8}(?::|=>?)${BLANK}{0,8}\\{`, `,?(?:\\s|\\\\{1,15}[nrt]){0,64}`],
].map(([start = '', before = '']) => ({
  start: new RegExp(start, 'iy'),
  member: new RegExp(
    `${before}(?:${QUOTE})?[\\w./-]{1,80}(?:${QUOTE})?${BLANK}{0,32}(?:=>|[:=])${BLANK}{0,32}`,
    'y',
  ),
}));
const REST_OF_LINE = /(?:[^\n\\"',{}]|\\{1,15}(?!\\|[nr"])|\\{0,15}["']){0,1000}/y;
const MOST_MEMBERS = 50;

export const section: Rule<readonly Finding[]> = {
  keywords: ['secret', 'credentials', 'creds', 'password', 'apikeys', 'api_keys'],
  isGeneric: true,
  find(text, at) {
    for (const { start, member } of KINDS) {
      const end = endOf(start, text, at);
      if (end !== undefined) return inMembers(text, end, member);
    }
    return [];
  },
};

/** Little is known of such a value, so it must be random throughout. */
function inMembers(text: string, start: number, member: RegExp): readonly Finding[] {
  const found: Finding[] = [];
  let next = start;
  for (let nth = 0; nth < MOST_MEMBERS; nth += 1) {
    const valueAt = endOf(member, text, next);
    if (valueAt === undefined) break;
    const value = readValue(text, valueAt);
    const kind = value && secretKindOf('weak', judgedPart(text, value));
    if (value && kind) found.push({ kind, start: value.start, end: value.end });
    next = endOf(REST_OF_LINE, text, value?.end ?? valueAt) ?? valueAt;
  }
  return found;
}
