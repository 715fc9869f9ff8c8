import { isNativeError } from 'node:util/types';
import { createContext, Script, type Context } from 'node:vm';
import { dangerOf } from './template/slow-regex.js';

/** What asks of a regular expression only whether it matches. */
export interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/** Milliseconds. A match that is found is found in a fraction of one. */
const LONGEST_TEST = 250;

/** Longer patterns are not judged: they may be anything. */
const LONGEST_JUDGED = 500;

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
  let isDangerous: boolean | undefined;
  return {
    test(text) {
      isDangerous ??= source.length > LONGEST_JUDGED || dangerOf(source, flags) !== undefined;
      return isDangerous ? testInTime(source, pattern, text) : pattern.test(text);
    },
    toString: () => String(pattern),
  };
}

const script = new Script('pattern.test(text)');
let context: Context | undefined;

/** V8 looks up from a regular expression now and then, but only to end the script it is in. */
function testInTime(source: string, pattern: RegExp, text: string): boolean {
  context ??= createContext(Object.create(null) as Context);
  Object.assign(context, { pattern, text });
  try {
    return script.runInContext(context, { timeout: LONGEST_TEST }) === true;
  } catch (error) {
    if (isNativeError(error) && (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new EndlessMatch(source);
    throw error;
  } finally {
    Object.assign(context, { pattern: undefined, text: undefined });
  }
}
