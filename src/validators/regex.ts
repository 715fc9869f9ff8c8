import type { Json } from '../core/json.js';
import { ok } from '../core/result.js';
import { writtenPatternProblems } from '../json-schema/patterns.js';
import { boundedRegExp, RegExpTimeoutError, type Pattern } from '../sandbox/bounded-regexp.js';
import { failureOf } from './failure.js';
import { judged, RESULT_WITH_MESSAGES } from './messages.js';
import type { ValidatorType } from './types.js';

type RegexParams = { readonly pattern: string };

/** `regex`: a regular expression that must match a part of the text, as `pattern` of JSON Schema does. */
export const regex: ValidatorType<RegexParams> = {
  type: 'regex',
  summary: 'A regular expression that must match a part of the text.',
  schema: {
    properties: {
      pattern: {
        type: 'string',
        minLength: 1,
        description: 'Regular expression of JavaScript with the flag `u`. `^…$` for the whole text.',
      },
    },
    required: ['pattern'],
  },
  prepare({ pattern }, report) {
    const compiled = compile(pattern);
    if (typeof compiled === 'string') report({ code: 'invalid-value', message: compiled, at: ['pattern'] });
    else {
      const span = { offset: 0, length: pattern.length };
      writtenPatternProblems([{ source: pattern, flags: 'u', at: ['pattern'], span }]).forEach(report);
    }
    return {
      checks: 'column',
      result: RESULT_WITH_MESSAGES,
      async validate(value) {
        if (typeof compiled === 'string') return failureOf(compiled);
        try {
          return ok(judged(compiled.test(textOf(value)) ? [] : [`it does not match ${pattern}`]));
        } catch (error) {
          if (error instanceof RegExpTimeoutError) return failureOf(error.message);
          throw error;
        }
      },
    };
  },
};

/** The pattern, or what is wrong with it. */
function compile(pattern: string): Pattern | string {
  try {
    return boundedRegExp(pattern, 'u');
  } catch (error) {
    return `this is not a regular expression of JavaScript: ${String(error instanceof Error ? error.message : error)}`;
  }
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
