import { isFastOn } from './regex-safety.js';
import { runWithTimeout, TimeoutError } from './run-with-timeout.js';

/** A regular expression that is only asked whether it matches. */
export interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/** Milliseconds. A match that exists is found in a fraction of one. */
const LONGEST_MATCH = 250;

/** A match was stopped while it backtracked: whether the pattern matches is unknown. */
export class RegExpTimeoutError extends Error {
  constructor(readonly pattern: string) {
    super(`the regular expression ${pattern} took too long`);
  }
}

/**
 * A regular expression that ends on any text: a match is stopped after a quarter of a second, and `test` throws a
 * `RegExpTimeoutError`. Throws a `SyntaxError` for a source that is not a regular expression.
 */
export function boundedRegExp(source: string, flags: string): Pattern {
  const pattern = new RegExp(source, flags);
  return {
    test: (text) => matchWithTimeout({ source, flags }, text, LONGEST_MATCH, () => pattern.test(text)),
    toString: () => String(pattern),
  };
}

/**
 * The same for a language that constructs regular expressions itself: a class whose `exec` throws a
 * `RegExpTimeoutError`, also when many short matches have used up the time.
 *
 * @param timeLeft milliseconds until all matches have to be done
 */
export function boundedRegExpClass(timeLeft: () => number): RegExpConstructor {
  class BoundedRegExp extends RegExp {
    override exec(text: string): RegExpExecArray | null {
      return matchWithTimeout(this, text, Math.min(LONGEST_MATCH, timeLeft()), () => super.exec(text));
    }
  }
  // It lacks only the call without `new`, which is not used.
  return BoundedRegExp as unknown as RegExpConstructor;
}

function matchWithTimeout<T>(
  { source, flags }: Pick<RegExp, 'source' | 'flags'>,
  text: string,
  milliseconds: number,
  match: () => T,
): T {
  if (milliseconds <= 0) throw new RegExpTimeoutError(source);
  if (isFastOn(source, flags.replace('g', ''), text)) return match();
  try {
    return runWithTimeout(match, milliseconds);
  } catch (error) {
    throw error instanceof TimeoutError ? new RegExpTimeoutError(source) : error;
  }
}
