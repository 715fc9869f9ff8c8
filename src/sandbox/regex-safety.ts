import { createRequire } from 'node:module';
import type { Span } from '../core/problem.js';

/**
 * Finds regular expressions that are open to catastrophic backtracking (ReDoS: "regular expression denial of
 * service"). A backtracking engine such as V8's tries every way to split a text between the repetitions of a pattern
 * before it gives up. `exponential` patterns such as `(a+)+$` do not end on 40 characters; `polynomial` ones such as
 * `^\S+@\S+\.\S+$` take seconds on long texts. The package `redos-detector` counts the ways in which a pattern can
 * match the same text; its answers are a suspicion, since some patterns that it names are harmless.
 */
export type BacktrackingRisk = 'exponential' | 'polynomial';

/** The detector must be fast itself. Counts decide before the time (in milliseconds), which is different on each machine. */
const LIMITS = { maxSteps: 1500, maxScore: 12, timeout: 5000 };

/** Characters. Longer patterns are generated, and take too long to analyse. */
const LONGEST_PATTERN = 500;

/**
 * The risk of a pattern, `undefined` when there is none, when it is not certain, or when it is not a valid pattern.
 * The pattern is analysed as if it began at the start of the text: trying every start multiplies the time by the
 * length of the text at most.
 */
export function backtrackingRisk(pattern: string, flags = 'u'): BacktrackingRisk | undefined {
  const verdict = repeats(pattern) ? analyseOnce(pattern, flags) : 'safe';
  return verdict === 'safe' || verdict === 'unclear' ? undefined : verdict;
}

/** Characters. On such a text even a safe pattern that tries every start ends within a tenth of a second. */
const SHORT_TEXT = 10_000;

/** Whether a pattern certainly matches or rejects this text within a tenth of a second. */
export function isFastOn(pattern: string, flags: string, text: string): boolean {
  const hasNoChoice = !repeats(pattern) && !/[?|]/.test(pattern);
  if (hasNoChoice) return true;
  return (text.length <= SHORT_TEXT || !repeats(pattern)) && analyseOnce(pattern, flags) === 'safe';
}

type Verdict = BacktrackingRisk | 'safe' | 'unclear';

/** Recipes share their schemas, and analysing a pattern takes up to a second. */
const verdicts = new Map<string, Verdict>();

function analyseOnce(pattern: string, flags: string): Verdict {
  const key = `${flags}/${pattern}`;
  const verdict = verdicts.get(key) ?? analyse(pattern, flags);
  verdicts.set(key, verdict);
  return verdict;
}

const repeats = (pattern: string): boolean => /[*+{]/.test(pattern);

function analyse(pattern: string, flags: string): Verdict {
  if (pattern.length > LONGEST_PATTERN || !isPattern(pattern, flags)) return 'unclear';
  const anchored = pattern.startsWith('^') ? pattern : `^(?:${pattern})`;
  const error = detect(withoutNames(anchored), flags);
  if (error === null) return 'safe';
  if (error === 'unreadable') return 'unclear';
  if (repeatsChoice(pattern)) return 'exponential';
  // Too many ways to count; only repetitions without a limit can make them too many to try.
  const hasOpenRepetitions = (pattern.match(/[*+]|\{\d+,\}/g) ?? []).length > 1;
  return error === 'hitMaxScore' || hasOpenRepetitions ? 'polynomial' : 'unclear';
}

/** The detector does not know `(?<name>…)`, which repeats like any other group. */
const withoutNames = (pattern: string): string =>
  pattern.includes('\\k<') ? pattern : pattern.replaceAll(/\(\?<(?![=!])[^>]*>/g, '(');

/** The detector's error for a pattern; `null` when the pattern is safe. */
function detect(pattern: string, flags: string): string | null {
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

/** True for `(a+)+` and `(a|b)*`: a group that repeats without a limit and contains another choice. */
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
