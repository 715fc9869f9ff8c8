import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/core/json.js';
import { createColumnStore, type ColumnStore } from '../../src/view/query/columns.js';
import { describeColumns, firstShown, previewOf } from '../../src/view/query/describe.js';
import { agreementOf, facetsOf } from '../../src/view/query/facets.js';
import { findRows, placeIn } from '../../src/view/query/find.js';
import { matcherOf, rowMatcher, searchMatcher } from '../../src/view/query/match.js';
import { orderOf } from '../../src/view/query/select.js';
import { OPERATORS, type Filter, type Operator, type Query } from '../../src/view/query/types.js';
import { fromParams, toParams } from '../../src/view/query/url.js';
import { png, pngOf } from '../rig/media.js';
import { picturePath } from '../rig/pictures.js';
import { COLUMNS, exampleRow } from '../rig/example-dataset.js';

function storeOf(rows: readonly JsonObject[]): ColumnStore {
  const store = createColumnStore();
  for (const row of rows) store.add(row);
  return store;
}

const find = (rows: readonly JsonObject[], query: Partial<Query>): Promise<Uint32Array> =>
  findRows(
    {
      store: storeOf(rows),
      rows: rows.length,
      bounded: (work) => work(),
      scan: async (candidates, matches) => candidates.filter((row) => matches(rows[row] ?? {})),
    },
    { filters: [], search: '', ...query },
  );

const holds = (operator: Operator, typed: string, value: Json | undefined): boolean =>
  matcherOf({ path: 'x', operator, value: typed })(value);

describe('a filter', () => {
  it.each<[Operator, string, Json | undefined, boolean]>([
    ['is', '3', 3, true],
    ['is', '3.0', 3, true],
    ['is', '', 0, false],
    ['is', 'true', true, true],
    ['is', 'a', ['b', 'a'], true],
    ['is', 'null', null, false],
    ['is-not', 'a', undefined, true],
    ['contains', 'ABC', 'xabcx', true],
    ['contains', 'b', { a: [{ b: 'abc' }] }, true],
    ['contains', 'key', { key: 'value' }, false],
    ['lacks', 'x', null, true],
    ['matches', '^a.c$', 'ABC', true],
    ['matches', String.raw`a\-b`, 'a-b', true],
    ['less', '10', 9, true],
    ['less', '10', '9', false],
    ['at-least', '2026-01', '2026-02-03', true],
    ['more', '1', null, false],
    ['more', 'x', 1, false],
    ['at-most', '', -1, false],
    ['empty', '', [], true],
    ['empty', '', 0, false],
    ['filled', '', false, true],
  ])('%s %j of %j is %j', (operator, typed, value, expected) => {
    expect(holds(operator, typed, value)).toBe(expected);
  });

  it('finds by the columns what it finds by reading every row', async () => {
    const value = fc.oneof(
      fc.constantFrom<Json>(null, true, false, '', 'a', 'b', 'ab', 'x'.repeat(300), 0, 1, 2.5, -1, '1'),
      fc.constantFrom<Json>([], ['a'], [1, 'b'], { b: 'a' }, { b: { c: 1 } }, {}),
    );
    const rows = fc.array(fc.record({ a: value, b: value }, { requiredKeys: [] }), { maxLength: 12 });
    const filter = fc.record({
      path: fc.constantFrom('a', 'b', 'a.b', 'a.b.c', 'b.0', 'gone'),
      operator: fc.constantFrom(...OPERATORS),
      value: fc.constantFrom('', 'a', 'b', '1', '0', 'true', 'x'),
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.array(filter, { maxLength: 3 }), async (some, filters) => {
        const matches = rowMatcher(filters);
        const expected = some.flatMap((row, index) => (matches(row) ? [index] : []));
        expect([...(await find(some, { filters }))]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('has no row for a column that only reviews have and nobody has set', async () => {
    const rows = [{ a: 1 }];
    const filters: readonly Filter[] = [{ path: '@verdict', operator: 'is', value: 'keep' }];
    expect([...(await find(rows, { filters }))]).toEqual([]);
    expect([
      ...(await find(rows, { filters: [{ path: '@verdict', operator: 'empty', value: '' }] })),
    ]).toEqual([0]);
  });
});

describe('a search', () => {
  it('looks in every text in any letter case, or for a pattern', () => {
    const row = { a: { b: ['Über alles', 7] }, key: null };
    for (const found of ['über', '7', '/ALLES$/'])
      expect([found, searchMatcher(found)(row)]).toEqual([found, true]);
    for (const lost of ['key', '/^alles/', 'null'])
      expect([lost, searchMatcher(lost)(row)]).toEqual([lost, false]);
    expect(() => searchMatcher('/(/')).toThrow(SyntaxError);
  });
});

describe('a sort', () => {
  const rows: readonly JsonObject[] = [
    { x: 'b' },
    { x: 2 },
    {},
    { x: 10 },
    { x: null },
    { x: 'a' },
    { x: true },
    { x: 2 },
  ];
  const sorted = (descending: boolean): readonly number[] => [
    ...orderOf(storeOf(rows), { path: 'x', descending }, rows.length),
  ];

  it('has booleans, numbers and texts in their order, what is empty last, and equal rows as they were', () => {
    expect(sorted(false)).toEqual([6, 1, 7, 3, 5, 0, 2, 4]);
    expect(sorted(true)).toEqual([0, 5, 3, 1, 7, 6, 2, 4]);
  });
});

describe('the place of a row', () => {
  const place = (row: number, isSorted = false) => placeIn(Uint32Array.of(2, 4, 7), row, isSorted);

  it('is where it was found, or would be in the order of the dataset', () => {
    expect(place(4)).toEqual({ index: 1, isFound: true, found: 3, previous: 2, next: 7 });
    expect(place(5)).toEqual({ index: 2, isFound: false, found: 3, previous: 4, next: 7 });
    expect(place(9)).toEqual({ index: 3, isFound: false, found: 3, previous: 7 });
    expect(place(5, true)).toEqual({ index: 0, isFound: false, found: 3, next: 2 });
  });
});

describe('an address', () => {
  it('has the whole query', () => {
    const filters: readonly Filter[] = [
      { path: 'a~b.c d', operator: 'contains', value: 'x~y&z=~' },
      { path: '@verdict', operator: 'empty', value: '' },
    ];
    const query: Query = { filters, search: '/a+b/', sort: { path: 'score', descending: true } };
    expect(fromParams(new URLSearchParams(toParams(query).toString()))).toEqual(query);
    expect(fromParams(new URLSearchParams('f=a~nonsense~b&f=x'))).toEqual({ filters: [], search: '' });
  });
});

describe('bars', () => {
  const bars = (values: readonly Json[], found: readonly number[]) =>
    facetsOf(storeOf(values.map((x) => ({ x }))), ['x'], Uint32Array.from(found)).flatMap((facet) =>
      facet.bars.map(({ label, all, found: some }) => [label, all, some]),
    );

  it('count each value in all rows and in those found', () => {
    expect(bars([3, 1, 3, null], [0, 3])).toEqual([
      ['3', 2, 1],
      ['1', 1, 0],
      ['(empty)', 1, 1],
    ]);
    expect(bars([true, false, true], [2])).toEqual([
      ['false', 1, 0],
      ['true', 2, 1],
    ]);
    expect(bars(['b', 'a', 'b'], [])).toEqual([
      ['a', 1, 0],
      ['b', 2, 0],
    ]);
  });

  it('are intervals for many numbers, each found by its filters', async () => {
    const rows = Array.from({ length: 101 }, (_, x) => ({ x }));
    const all = Uint32Array.from(rows.keys());
    const [facet] = facetsOf(storeOf(rows), ['x'], all);
    expect(facet?.bars).toHaveLength(10);
    for (const { filters, all: count } of facet?.bars ?? [])
      expect((await find(rows, { filters })).length).toBe(count);
  });

  it('are left out for texts without end', () => {
    expect(
      bars(
        Array.from({ length: 30 }, (_, x) => `text ${x}`),
        [],
      ),
    ).toEqual([]);
    expect(bars(['x'.repeat(500)], [0])).toEqual([]);
    expect(bars([null], [0])).toEqual([]);
  });
});

describe('agreement', () => {
  // By hand: the squared differences add up to 5; over all 36 pairs of scores, divided by 6, to 29/3. 1 - 5 / (29/3).
  it('is the share of equal scores, and kappa with quadratic weights', () => {
    const pairs: readonly (readonly [number, number])[] = [
      [2, 2],
      [0, 0],
      [2, 2],
      [2, 2],
      [0, 2],
      [1, 2],
    ];
    const agreed = agreementOf('x', pairs);
    expect([agreed.count, agreed.equal]).toEqual([6, 4]);
    expect(agreed.kappa).toBeCloseTo(14 / 29);
    expect(agreementOf('x', [[1, 1]]).kappa).toBeNull();
    expect(
      agreementOf('x', [
        [0, 4],
        [4, 0],
      ]).kappa,
    ).toBeCloseTo(-1);
  });
});

describe('columns', () => {
  it('are grouped, with the scores of a judge one by one', () => {
    const flat = { name: 'groundedness_score', schema: { type: 'integer' }, from: 'column' } as const;
    const columns = describeColumns([...COLUMNS, flat]);
    expect(columns.map(({ group, path }) => `${group} ${path}`)).toEqual([
      'seed trace_id',
      'seed source_kind',
      'seed messages',
      'made instruction',
      'made response',
      'scores judge.groundedness.score',
      'scores judge.usefulness.score',
      'scores recommended',
    ]);
    expect(columns.at(-2)).toMatchObject({ reasons: 'judge.usefulness.reasoning', options: [4, 3, 2, 1, 0] });
    const shown = firstShown(columns, [exampleRow(0), exampleRow(1)]);
    expect(shown).toEqual(columns.map(({ path }) => path).filter((path) => path !== 'messages'));
  });

  it('show short values as they are, and long ones in words', () => {
    expect(previewOf(exampleRow(1)['messages'])).toEqual({ about: '4 messages' });
    expect(previewOf(['a', 'b'])).toBe('a, b');
    const paths = ['a', 'b', 'c', 'd', 'e'].map((name) => picturePath(pngOf(name)));
    expect(previewOf(paths)).toEqual({ pictures: paths.slice(0, 4) });
    expect(previewOf(JSON.stringify(paths.slice(0, 1)))).toEqual({ pictures: paths.slice(0, 1) });
    expect(previewOf(`${paths[0]} `)).toBe(`${paths[0]} `);
    expect(previewOf(png.toString('base64'))).toEqual({ about: '1 picture' });
    expect(previewOf(['https://example.com/a.png'])).toBe('https://example.com/a.png');
    expect(previewOf('x'.repeat(1000))).toBe(`${'x'.repeat(240)}…`);
    expect([previewOf(undefined), previewOf(0), previewOf(false)]).toEqual([null, 0, false]);
  });
});
