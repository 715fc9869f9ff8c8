import { looksSecret, type Thresholds } from './judgement.js';
import { endOf } from './sticky.js';
import type { Finding, Rule } from './types.js';
import { readLineValue, readValue, endOfSecret, judgedPart, type Value } from './values.js';

const KEYS = [
  'api',
  'access',
  'secret',
  'private',
  'auth',
  'account',
  'encryption',
  'signing',
  'master',
  'shared',
];

const NAMES = [
  'pass',
  'pwd',
  'secret',
  'token',
  'x-amz-signature',
  'x-goog-signature',
  ...KEYS.flatMap((key) => [`${key}key`, `${key}_key`, `${key}-key`]),
];

/**
 * Matches the end of a name: `DB_PASSWORD`, `clientSecret`, `aws_secret_access_key`, but not `tokenizer`. Exceptions:
 * tokens of paging (`nextToken`), `:secret:` in the name of a resource, and `pass` alone, a word of test runners.
 */
const NAME = [
  'pass(?:word|wd|phrase)',
  '(?<=[\\w-])(?<!\\\\[nrt]|by|com|sur|tres|under|over)pass',
  '(?:(?<!\\w)|(?<=\\\\[nrt]))pass(?==|(?::[ \\t]?)?\\\\{0,7}["\'`])',
  'pwd',
  '(?!(?<=:)secret:)secret(?:[_-]?key(?:[_-]?base)?)?',
  '(?<!(?:next|page|continuation|clientrequest)[_-]?)token',
  'x-(?:amz|goog)-signature',
  `(?:${KEYS.join('|')})[_-]?key`,
].join('|');
const QUOTE = '\\\\{0,7}["\'`]';
/** Values are often aligned. */
const BLANKS = '[ \\t]{0,64}';
const TYPE = '(?:[ \\t]?:[ \\t]?(?:str|string))?';
const ESCAPED_BREAK = '(?:\\\\{1,15}r)?\\\\{1,15}n';
const LINE_BREAK = `(?:\\r?\\n|${ESCAPED_BREAK})`;
const SPACE = `(?:\\s|${ESCAPED_BREAK}){0,64}`;
/** The first value of a list that was not replaced before. */
const LIST = `\\[${SPACE}(?:${QUOTE}\\[REDACTED:[\\w-]{1,40}\\]${QUOTE},${SPACE}){0,16}(?=${QUOTE})`;

/** A name and what separates it from its value: an operator, or a comma in a list. */
const NAME_AND_OPERATOR = new RegExp(
  `(?:${NAME})_?\\d{0,2}(?:(?:${QUOTE})?\\]?${TYPE}${BLANKS}(?:=>|:=|={1,3}|:|>)${BLANKS}(?:${LIST})?|${QUOTE},(?=[ \\t]?${QUOTE})${BLANKS})`,
  'iy',
);

/** YAML: the value may be on the next line, indented. */
const NAME_AND_LINE = new RegExp(
  `(?:${NAME})_?\\d{0,2}(?:${QUOTE})?:[ \\t]{0,4}(?:[>|][+-]?)?[ \\t]{0,4}${LINE_BREAK}[ \\t]{1,64}`,
  'iy',
);
const LINE_END = /[ \t]*(?:$|\r?\n|(?:\\{1,15}r)?\\{1,15}n|\\{0,15}")/y;

/** `--password VALUE` */
const FLAG = /--[\w-]{0,32}$/;
const NAME_AND_SPACE = new RegExp(`(?:${NAME})[ \\t]{1,4}`, 'iy');

const NAME_ONLY = new RegExp(`(?:${NAME}|(?<!\\w)pass)_?\\d{0,2}$`, 'i');

/** Names and values, as in `.env` files, JSON, YAML, code, URLs and command lines. */
export const assignment: Rule = {
  keywords: NAMES,
  isGeneric: true,
  find(text, at) {
    const valueAt = endOf(NAME_AND_OPERATOR, text, at) ?? endOfFlag(text, at);
    return (valueAt === undefined ? undefined : findingAt(text, at, valueAt)) ?? findingOnNextLine(text, at);
  },
};

function findingAt(text: string, at: number, valueAt: number): Finding | undefined {
  const kind = kindOf(text.slice(at, at + 2));
  const isSecret = (value: Value | undefined, isCode: boolean): value is Value =>
    value !== undefined && looksSecret(judgedPart(text, value), thresholdsFor(kind, isCode));

  const line = readLineValue(text, at, valueAt);
  if (isSecret(line, false)) return { kind, start: line.start, end: endOfSecret(text, line) };
  const value = readValue(text, valueAt);
  const isCode = value?.isQuoted === false && SPACED.test(text.slice(valueAt - 1, valueAt));
  return isSecret(value, isCode) ? { kind, start: value.start, end: endOfSecret(text, value) } : undefined;
}

function findingOnNextLine(text: string, at: number): Finding | undefined {
  const valueAt = endOf(NAME_AND_LINE, text, at);
  const finding = valueAt === undefined ? undefined : findingAt(text, at, valueAt);
  return finding && endOf(LINE_END, text, finding.end) !== undefined ? finding : undefined;
}

/** At most this many names are remembered. Rows have few different names, each many times. */
const MAX_NAMES = 1000;
const known = new Map<string, string | null>();

/** The part of a name that marks its values as secrets; `null` for most names. */
function secretPartOf(name: string): string | null {
  const before = known.get(name);
  if (before !== undefined) return before;
  const part = NAME_ONLY.exec(name)?.[0] ?? null;
  if (known.size < MAX_NAMES) known.set(name, part);
  return part;
}

/** The kind of secret of a value in an object, judged by its key; `undefined` when it is not a secret. */
export function secretKindOf(name: string, value: string): string | undefined {
  const named = secretPartOf(name);
  if (named === null || /\s/.test(value)) return undefined;
  const kind = kindOf(named);
  return looksSecret(value, thresholdsFor(kind, false)) ? kind : undefined;
}

function endOfFlag(text: string, at: number): number | undefined {
  const end = endOf(NAME_AND_SPACE, text, at);
  return end !== undefined && FLAG.test(text.slice(Math.max(0, at - 34), at)) ? end : undefined;
}

const kindOf = (name: string): string => (/^p[aw]/i.test(name) ? 'password' : 'secret');

const SPACED = /[ \t]/;

/** Passwords are chosen by people, so they are shorter and less random than keys; in code an unquoted value is often a name. */
function thresholdsFor(kind: string, isCode: boolean): Thresholds {
  if (kind === 'password')
    return { minLength: isCode ? 8 : 6, minEntropy: 2.5, minChange: isCode ? 0.3 : 0.05 };
  return { minLength: isCode ? 16 : 10, minEntropy: isCode ? 3.2 : 3, minChange: isCode ? 0.3 : 0.25 };
}
