import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Query } from '../../src/view/query/types.js';
import * as pairs from '../../src/view/query/pairs.js';

let comparisons = 0;
jest.unstable_mockModule('../../src/view/query/pairs.js', () => ({
  ...pairs,
  compareRows: (...given: Parameters<typeof pairs.compareRows>) => {
    comparisons += 1;
    return pairs.compareRows(...given);
  },
}));

const rows = (answers: readonly string[]) =>
  answers.map((answer, row) => ({ row, key: `${row}`, value: { trace_id: `t${row}`, answer } }));
const first = rows(['a', 'b', 'c']);
const second = rows(['a', 'B']).toReversed();
const columns = (['trace_id', 'answer'] as const).map((path) => ({
  path,
  label: path,
  group: path === 'answer' ? 'made' : 'seed',
}));
const dataset = (chunks: number) => ({ chunks, failures: [], agreement: [], failedRows: [] });
const files: Readonly<Record<string, unknown>> = {
  'data/info.json': { datasets: [{ columns }, { columns }], readOnly: true },
  'data/0/dataset.json': dataset(2),
  'data/0/rows-0.json': first.slice(0, 2),
  'data/0/rows-1.json': first.slice(2),
  'data/1/dataset.json': dataset(1),
  'data/1/rows-0.json': second,
};

const realFetch = globalThis.fetch;
const read: string[] = [];
/** What is asked of it; the page has its own tsconfig. */
let published: {
  pair(
    dataset: number,
    row: number,
    other: number,
  ): Promise<{ readonly record?: { readonly value: JsonObject } }>;
  facets(dataset: number, query: Query, other: number): Promise<unknown>;
};
beforeAll(async () => {
  globalThis.fetch = async (file) => {
    read.push(String(file));
    return Response.json(files[String(file)]);
  };
  const page = '../../src/view/page/published.js';
  ({ published } = (await import(page)) as { published: typeof published });
});
afterAll(() => {
  globalThis.fetch = realFetch;
});

it('a published folder reads each file once and compares two datasets once, however often the page asks', async () => {
  const ask = async () => [
    await published.pair(0, 0, 1),
    await published.pair(0, 1, 1),
    await published.pair(0, 2, 1),
  ];
  const all = await Promise.all([ask(), ask(), published.facets(0, { filters: [], search: '' }, 1)]);
  expect(all[0]).toEqual(all[1]);
  expect(all[0].map(({ record }) => record?.value)).toEqual([
    { trace_id: 't0', answer: 'a' },
    { trace_id: 't1', answer: 'B' },
    undefined,
  ]);
  expect(comparisons).toBe(1);
  expect(read.toSorted()).toEqual(Object.keys(files).toSorted());
});
