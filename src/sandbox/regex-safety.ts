import { createRequire } from 'node:module';
import type { Span } from '../core/problem.js';

/**
 * How a regular expression may run away on text that does not match: `exponential` ones never end on forty
 * characters, `polynomial` ones take seconds on long texts. A suspicion: safe ones are among them.
 */
export type Danger = 'exponential' | 'polynomial';

/** Found within these, or not at all: a detector must not itself take for ever. Times are too unsteady. */
const LIMITS = { maxSteps: 1500, maxScore: 12, timeout: 5000 };

/** Longer patterns are generated, and too long to be judged in a moment. */
const LONGEST = 500;

/**
 * Whether a pattern can run away, `undefined` when not, when that is not sure, or when it is no pattern at all.
 * Judged as if it began at the start of the text: trying every start costs as much again, but never more.
 */
export function dangerOf(pattern: string, flags = 'u'): Danger | undefined {
  const verdict = repeats(pattern) ? verdictOn(pattern, flags) : 'safe';
  return verdict === 'safe' || verdict === 'unclear' ? undefined : verdict;
}

/** Characters. On a text as short as this even a pattern that tries every start is done in a tenth of a second. */
const SHORT_TEXT = 10_000;

/** Whether matching this text is sure to be over in a moment: in doubt it is not. */
export function isSurelyQuick(pattern: string, flags: string, text: string): boolean {
  const isOneWay = !repeats(pattern) && !/[?|]/.test(pattern);
  if (isOneWay) return true;
  return (text.length <= SHORT_TEXT || !repeats(pattern)) && verdictOn(pattern, flags) === 'safe';
}

type Verdict = Danger | 'safe' | 'unclear';

function verdictOn(pattern: string, flags: string): Verdict {
  const key = `${flags}/${pattern}`;
  const verdict = judged.get(key) ?? judge(pattern, flags);
  judged.set(key, verdict);
  return verdict;
}

/** Recipes share their schemas, and judging takes up to a second. */
const judged = new Map<string, Verdict>();

const repeats = (pattern: string): boolean => /[*+{]/.test(pattern);

function judge(pattern: string, flags: string): Verdict {
  if (pattern.length > LONGEST || !isPattern(pattern, flags)) return 'unclear';
  const anchored = pattern.startsWith('^') ? pattern : `^(?:${pattern})`;
  const error = check(withoutNames(anchored), flags);
  if (error === null) return 'safe';
  if (error === 'unreadable') return 'unclear';
  if (repeatsChoice(pattern)) return 'exponential';
  // Too many ways to count, of which only repetitions without end can be too many to try.
  const isEndless = (pattern.match(/[*+]|\{\d+,\}/g) ?? []).length > 1;
  return error === 'hitMaxScore' || isEndless ? 'polynomial' : 'unclear';
}

/** The detector does not know `(?<name>…)`, which repeats as any other group does. */
const withoutNames = (pattern: string): string =>
  pattern.includes('\\k<') ? pattern : pattern.replaceAll(/\(\?<(?![=!])[^>]*>/g, '(');

/** What the detector has against a pattern; `null` for nothing. */
function check(pattern: string, flags: string): string | null {
  // Large, and needed by few recipes.
  const { isSafePattern } = createRequire(import.meta.url)(
    'redos-detector',
  ) as typeof import('redos-detector');
  try {
    return isSafePattern(pattern, {
      ...LIMITS,
      unicode: flags.includes('u'),
      caseInsensitive: flags.includes('i'),
      multiLine: flags.includes('m'),
    }).error;
  } catch {
    // Syntax that is newer than the detector.
    return 'unreadable';
  }
}

function isPattern(pattern: string, flags: string): boolean {
  try {
    return new RegExp(pattern, flags).source !== '';
  } catch {
    return false;
  }
}

/** True for `(a+)+` and `(a|b)*`: a group that may repeat without end, and holds a choice that can be made anew. */
function repeatsChoice(pattern: string): boolean {
  const tokens = pattern.match(/\\.|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/g) ?? [];
  const open: boolean[] = [];
  for (const [index, token] of tokens.entries()) {
    const isChoice = token === '|' || token === '*' || token === '+' || /^\{\d+,\d*\}$/.test(token);
    if (token === '(') open.push(false);
    else if (isChoice && open.length > 0) open[open.length - 1] = true;
    if (token !== ')') continue;
    const hasChoice = open.pop() ?? false;
    if (hasChoice && /^(?:[*+]|\{\d+,\})$/.test(tokens[index + 1] ?? '')) return true;
    if (hasChoice && open.length > 0) open[open.length - 1] = true;
  }
  return false;
}
export interface WrittenPattern {
  readonly source: string;
  readonly flags: string;
  readonly span: Span;
}
