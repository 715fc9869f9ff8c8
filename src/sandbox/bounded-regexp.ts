import { inTime, Overtime } from './run-with-timeout.js';
import { isSurelyQuick } from './regex-safety.js';

/** What asks of a regular expression only whether it matches. */
export interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/** Milliseconds. A match that is found is found in a fraction of one. */
const LONGEST_MATCH = 250;

/** Nobody knows whether it would have matched. */
export class EndlessMatch extends Error {
  constructor(readonly pattern: string) {
    super(`${pattern} found no end`);
  }
}

/**
 * A regular expression that ends on any text: one that may run away is given up after a quarter of a second, and
 * `test` throws an `EndlessMatch`. Throws for what is no regular expression.
 */
export function boundedRegExp(source: string, flags: string): Pattern {
  const pattern = new RegExp(source, flags);
  return {
    test: (text) => matchInTime({ source, flags }, text, LONGEST_MATCH, () => pattern.test(text)),
    toString: () => String(pattern),
  };
}

/**
 * The same for a language that makes and steps through its regular expressions itself: a class to make them with,
 * whose `exec` throws an `EndlessMatch` also when many short matches have used up the time.
 *
 * @param msLeft milliseconds until all of them have to be done
 */
export function boundedRegExps(msLeft: () => number): RegExpConstructor {
  class BoundedRegExp extends RegExp {
    override exec(text: string): RegExpExecArray | null {
      return matchInTime(this, text, Math.min(LONGEST_MATCH, msLeft()), () => super.exec(text));
    }
  }
  // Nobody calls it without `new`, which is all that it lacks.
  return BoundedRegExp as unknown as RegExpConstructor;
}

type Written = Pick<RegExp, 'source' | 'flags'>;

/** Matches, and gives up after so many milliseconds. */
function matchInTime<T>({ source, flags }: Written, text: string, milliseconds: number, match: () => T): T {
  if (milliseconds <= 0) throw new EndlessMatch(source);
  return isSurelyQuick(source, flags.replace('g', ''), text)
    ? match()
    : interruptible(source, milliseconds, match);
}

/** V8 looks up from a regular expression now and then, but only to end the script it is in. */
function interruptible<T>(source: string, milliseconds: number, match: () => T): T {
  try {
    return inTime(match, Math.ceil(milliseconds));
  } catch (error) {
    throw error instanceof Overtime ? new EndlessMatch(source) : error;
  }
}
