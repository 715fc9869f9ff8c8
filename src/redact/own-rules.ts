/**
 * The rules of a recipe, `redact.rules` and `redact.allow`. A pattern is tried where its first characters occur and sees
 * no more than the next 4,096, so the time stays linear in the length of a text whatever the pattern.
 */
import type { RedactOptions, RedactRule } from '../core/config.js';
import type { Problem } from '../core/problem.js';
import { backtrackingRisk } from '../sandbox/regex-safety.js';
import { isWordStart } from './sticky.js';
import type { Rule } from './types.js';

const SEEN = 4096;
const LEAST = 3;

/** The characters that a pattern begins with, after an optional `\b`; one that is repeated is not certain. */
const BEGINNING = /^(\\b)?((?:[\w:@/=~#!%&,;<> "'-]|\\[^\w\s])*)/;

function beginningOf(pattern: string): string {
  const [whole, , plain = ''] = BEGINNING.exec(pattern) ?? [''];
  const isRepeated = /^[*+?{]/.test(pattern.slice(whole.length));
  const characters = plain.match(/\\?[\s\S]/g) ?? [];
  return (isRepeated ? characters.slice(0, -1) : characters).map((each) => each.replace(/^\\/, '')).join('');
}

export function ownRules({ rules = [] }: RedactOptions): readonly Rule[] {
  return rules.map(({ kind, pattern }): Rule => {
    const own = new RegExp(pattern, 'y');
    const beginsWord = pattern.startsWith(String.raw`\b`);
    return {
      keywords: [beginningOf(pattern).toLowerCase()],
      find(text, at) {
        if (beginsWord && !isWordStart(text, at)) return undefined;
        own.lastIndex = 0;
        const length = own.exec(text.slice(at, at + SEEN))?.[0].length ?? 0;
        return length === 0 ? undefined : { kind, start: at, end: at + length };
      },
    };
  });
}

/** True for values that a recipe keeps: one of its patterns matches the whole value. */
export function keepsValue({ allow = [] }: RedactOptions): ((value: string) => boolean) | undefined {
  if (allow.length === 0) return undefined;
  const patterns = allow.map((pattern) => new RegExp(`^(?:${pattern})$`));
  return (value) => value.length <= SEEN && patterns.some((pattern) => pattern.test(value));
}

/** Mistakes in the patterns of a recipe; the paths begin at `redact`. */
export function ownRuleProblems({ rules = [], allow = [] }: RedactOptions): readonly Problem[] {
  return [
    ...rules.flatMap(({ pattern }: RedactRule, index) => {
      const at = ['rules', index, 'pattern'];
      const problems = patternProblems(pattern, at);
      if (problems.length > 0 || isASCII(beginningOf(pattern))) return problems;
      const message =
        'this pattern must begin with three plain characters or more, by which texts are searched';
      const hint = String.raw`for example acme_[a-z0-9]{24} or \bEMP-\d{6}; of two beginnings, make two rules`;
      return [{ code: 'invalid-value', message, hint, at }];
    }),
    ...allow.flatMap((pattern, index) => patternProblems(pattern, ['allow', index])),
  ];
}

const isASCII = (beginning: string): boolean => beginning.length >= LEAST && /^[ -~]+$/.test(beginning);

function patternProblems(pattern: string, at: Problem['at']): readonly Problem[] {
  if (!isPattern(pattern)) {
    return [{ code: 'invalid-value', message: 'this is not a regular expression of JavaScript', at }];
  }
  if (backtrackingRisk(pattern, '') === undefined) return [];
  const message = 'this regular expression can be very slow (catastrophic backtracking)';
  const hint = 'let adjacent parts match different characters, or limit their repetitions: {1,100}';
  return [{ code: 'invalid-value', message, hint, at }];
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'y').source !== '';
  } catch {
    return false;
  }
}
