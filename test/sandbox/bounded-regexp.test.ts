import { describe, expect, it } from '@jest/globals';
import { boundedRegExp, RegExpTimeoutError } from '../../src/sandbox/bounded-regexp.js';
import { compileOutput } from '../../src/json-schema/compile.js';

const RUNAWAY = `${'a'.repeat(60)}!`;

describe('a regular expression from a recipe', () => {
  it.each(['^(a+)+$', `^(?:${'x'.repeat(600)}|(a+)+)$`])(
    'ends on any text, though it would backtrack without an end: %#',
    (source) => {
      expect(() => boundedRegExp(source, 'u').test(RUNAWAY)).toThrow(RegExpTimeoutError);
      expect(boundedRegExp(source, 'u').test('aaaa')).toBe(true);
    },
  );

  it('is as any other where it is sound', () => {
    const pattern = boundedRegExp('^\\p{L}+-\\d{2}$', 'u');
    expect(['é-12', 'x-1'].map((text) => pattern.test(text))).toEqual([true, false]);
    expect(String(pattern)).toBe('/^\\p{L}+-\\d{2}$/u');
    expect(() => boundedRegExp('(', 'u')).toThrow();
  });

  it('rejects an answer that it cannot judge in time', () => {
    const check = compileOutput({
      type: 'object',
      properties: { path: { type: 'string', pattern: '^(/?[a-z]+)+$' }, mail: { pattern: '^\\S+@\\S+$' } },
    });
    if (!check.ok) throw new Error(check.error);
    const verdict = ['a text is too long or too intricate for the pattern "^(/?[a-z]+)+$"'];
    expect(check.value.check({ path: RUNAWAY })).toEqual(verdict);
    expect(check.value.check({ path: '/usr/lib', mail: 'a@b' })).toEqual([]);
    const forbidden = compileOutput({ not: { pattern: '^(/?[a-z]+)+$' } });
    if (!forbidden.ok) throw new Error(forbidden.error);
    expect(forbidden.value.check(RUNAWAY)).toHaveLength(1);
  });
});
