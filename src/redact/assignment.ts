import { looksSecret, type Doubt } from './judgement.js';
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
 * Names are ends of names: `DB_PASSWORD`, `clientSecret`, `aws_secret_access_key`, but not `tokenizer`. Tokens
 * that turn pages are none, and `:secret:` is part of the name of a resource. `pass` alone is also the word of a
 * test runner.
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
/** The first of a list that was not replaced yet. */
const LIST = `\\[${SPACE}(?:${QUOTE}\\[REDACTED:[\\w-]{1,40}\\]${QUOTE},${SPACE}){0,16}(?=${QUOTE})`;

/** What stands between a name and its value: an operator, or the next in a list. */
const NAME_AND_OPERATOR = new RegExp(
  `(?:${NAME})_?\\d{0,2}(?:(?:${QUOTE})?\\]?${TYPE}${BLANKS}(?:=>|:=|={1,3}|:|>)${BLANKS}(?:${LIST})?|${QUOTE},(?=[ \\t]?${QUOTE})${BLANKS})`,
  'iy',
);

/** YAML: a value may stand alone on the next line, further in. */
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
    value !== undefined && looksSecret(judgedPart(text, value), doubtOf(kind, isCode));

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

/** Rows have few names, and each of them often. */
const MOST_NAMES = 1000;
const known = new Map<string, string | null>();

/** What of a name says that its values are secrets; `null` for most. */
function secretPartOf(name: string): string | null {
  const before = known.get(name);
  if (before !== undefined) return before;
  const part = NAME_ONLY.exec(name)?.[0] ?? null;
  if (known.size < MOST_NAMES) known.set(name, part);
  return part;
}

/** The kind of secret that a value under a name is, where names and values are keys and values of objects. */
export function secretKindOf(name: string, value: string): string | undefined {
  const named = secretPartOf(name);
  if (named === null || /\s/.test(value)) return undefined;
  const kind = kindOf(named);
  return looksSecret(value, doubtOf(kind, false)) ? kind : undefined;
}

function endOfFlag(text: string, at: number): number | undefined {
  const end = endOf(NAME_AND_SPACE, text, at);
  return end !== undefined && FLAG.test(text.slice(Math.max(0, at - 34), at)) ? end : undefined;
}

const kindOf = (name: string): string => (/^p[aw]/i.test(name) ? 'password' : 'secret');

const SPACED = /[ \t]/;

/** People make up passwords, so these are shorter and less random than keys; code needs no quotes for names. */
function doubtOf(kind: string, isCode: boolean): Doubt {
  if (kind === 'password')
    return { minLength: isCode ? 8 : 6, minEntropy: 2.5, minChange: isCode ? 0.3 : 0.05 };
  return { minLength: isCode ? 16 : 10, minEntropy: isCode ? 3.2 : 3, minChange: isCode ? 0.3 : 0.25 };
}
