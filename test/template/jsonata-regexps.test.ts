import { describe, expect, it } from '@jest/globals';
import { expression } from '../../src/columns/expression.js';
import type { CellContext } from '../../src/columns/types.js';
import type { Json } from '../../src/core/json.js';
import type { Problem } from '../../src/core/problem.js';
import { filterSeed, parseWhere } from '../../src/seeds/where.js';
import { parseExpression } from '../../src/template/jsonata.js';

/** A text on which a pattern such as `^(a+)+$` backtracks without an end. */
const HOSTILE = `${'a'.repeat(60)}!`;

function evaluate(source: string, text: string): Json {
  const parsed = parseExpression(source);
  if (!parsed.ok) throw new Error(parsed.error[0]?.message);
  const result = parsed.value.evaluate({ text });
  return result.ok ? result.value : `error: ${result.error}`;
}

describe('regular expressions in JSONata', () => {
  it.each<[string, string, Json]>([
    ['$contains(text, /^[a-c]+$/)', 'abc', true],
    ['$contains(text, /B/i)', 'abc', true],
    ['$match(text, /(\\w)(\\d)/).groups', 'a1 b2', ['a', '1', 'b', '2']],
    ['$replace(text, /(\\w+)@(\\w+)/, "$2 at $1")', 'x@y z@w', 'y at x w at z'],
    ['$split(text, /\\s*,\\s*/)', 'a , b,c', ['a', 'b', 'c']],
    ['$contains(text, /^(a+)+$/)', 'aaaa', true],
    ['$contains(text, /^(?<word>\\w+\\s?)+$/)', 'not in vain', true],
    ['$match(text, /x*y/).match', `${'-'.repeat(5000)}xxy`, 'xxy'],
  ])('%s gives the usual result', (source, text, expected) => {
    expect(evaluate(source, text)).toEqual(expected);
  });

  it.each([
    ['$contains(text, /^(a+)+$/)', HOSTILE, '^(a+)+$'],
    ['$replace(text, /^(?:a|a)*$/, "")', HOSTILE, '^(?:a|a)*$'],
    [`$contains(text, /^${'a?'.repeat(60)}$/)`, HOSTILE, `^${'a?'.repeat(60)}$`],
    // What the detector of such patterns cannot read.
    ['$contains(text, /^(?<a>a+)+$/)', HOSTILE, '^(?<a>a+)+$'],
    ['$contains(text, /^(?<a>a)\\k<a>*(a+)+$/)', HOSTILE, '^(?<a>a)\\k<a>*(a+)+$'],
    // Nothing repeats within itself, but every start is tried.
    ['$contains(text, /a*b/)', 'a'.repeat(400_000), 'a*b'],
    // Each match is found soon, and there are very many.
    ['$count($match(text, /a*b|c/))', `${'a'.repeat(10_000)}c`.repeat(200), 'a*b|c'],
  ])('%s is stopped on a hostile text', (source, text, pattern) => {
    const message = `error: the regular expression /${pattern}/ took too long on a text of this row`;
    expect(evaluate(source, text)).toBe(message);
  });

  it('fails the cell of the row that has such a text, and of no other', async () => {
    const config = { name: 'fits', column_type: 'expression', jsonata: '$contains(text, /^(a+)+$/)' };
    const fail = (problem: Problem): never => {
      throw new Error(problem.message);
    };
    const column = expression.prepare(config, fail, {});
    const cells = await Promise.all(
      [HOSTILE, 'aaa'].map((text) => column.generate({ text }, {} as CellContext)),
    );
    expect(cells).toMatchObject([{ state: 'failed' }, { state: 'value', value: true }]);
  });

  it('leaves out the seed row of which a condition cannot be worked out, and says why', async () => {
    const condition = parseWhere({ jsonata: '$contains(text, /^(a+)+$/)' }, ({ message }) => {
      throw new Error(message);
    });
    if (!condition) throw new Error('no condition');
    const seed = filterSeed(
      {
        columns: [],
        entries: [],
        read: async () => ({ rows: [{ text: HOSTILE }, { text: 'a' }], notes: [] }),
      } as unknown as Parameters<typeof filterSeed>[0],
      condition,
    );
    const { rows, notes } = await seed.read({} as Parameters<typeof seed.read>[0]);
    expect(rows).toEqual([{ text: 'a' }]);
    expect(notes[0]?.reason).toContain('`where` could not be worked out: the regular expression /^(a+)+$/');
  });
});
