import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonSchema } from '../../../src/core/json.js';
import type { Metadata } from '../../../src/dataset/metadata.js';
import { createDistinctCounter } from '../../../src/dataset/report/distinct.js';
import { madeHash, type Review } from '../../../src/dataset/reviews.js';
import { createReport, type DatasetReport } from '../../../src/dataset/report/report.js';

const schemas: Readonly<Record<string, JsonSchema>> = {
  label: { type: 'string', enum: ['low', 'high'] },
  answer: { type: 'string' },
};

function reportOf(
  rows: readonly JsonObject[],
  seeds: readonly string[] = [],
  by?: readonly string[],
): DatasetReport {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const metadata = {
    recipe: { name: 'r' },
    cost: { dataset: {} },
    columns: names.map((name) => ({
      name,
      schema: schemas[name] ?? {},
      from: seeds.includes(name) ? 'seed' : 'column',
    })),
  } as unknown as Metadata;
  const report = createReport(metadata, by);
  for (const row of rows) report.add(row);
  return report.report({ cells: 0, classes: [], columns: [] });
}

const score = (value: number | string): JsonObject => ({ score: value, reasoning: 'so' });

describe('a column in a report', () => {
  it('has its types, nulls, empty and different values', () => {
    const [column] = reportOf([
      { a: 'x' },
      { a: 1 },
      { a: null },
      {},
      { a: '' },
      { a: [] },
      { a: 'x' },
      { a: 1.5 },
    ]).columns;
    expect(column).toMatchObject({
      name: 'a',
      from: 'column',
      types: ['array', 'number', 'string'],
      nulls: 2,
      empty: 2,
      distinct: 5,
      distinct_is_estimate: false,
    });
  });

  it('has lengths in characters and tokens: of texts, and of lists and objects as JSON', () => {
    const [text, list] = reportOf([
      { text: 'abcd', list: ['a', 'b'] },
      { text: 'abcdefgh', list: [] },
      { text: '漢字漢字漢字', list: [{ k: 1 }] },
    ]).columns;
    expect(text?.characters).toMatchObject({ count: 3, min: 4, median: 6, max: 8 });
    // 4 and 8 ASCII characters are 1 and 2 tokens; 6 of a dense script are 4.
    expect(text?.tokens).toMatchObject({ min: 1, median: 2, max: 4 });
    expect(list?.characters).toMatchObject({ min: 2, median: 9, max: 9 });
    expect(list?.items).toMatchObject({ min: 0, median: 1, max: 2 });
  });

  it('has its commonest values where there are few: texts, truth values, items of lists', () => {
    const rows = Array.from({ length: 30 }, (_, at) => ({
      label: at < 20 ? 'high' : 'low',
      good: at === 0,
      tags: at % 2 === 0 ? ['a', 'b'] : ['a'],
      id: `id ${at}`,
      answer: `${'long '.repeat(20)}${at % 2}`,
    }));
    const values = Object.fromEntries(
      reportOf(rows).columns.map(({ name, values: counts }) => [name, counts]),
    );
    expect(values).toEqual({
      label: [
        { value: 'high', count: 20 },
        { value: 'low', count: 10 },
      ],
      good: [
        { value: 'false', count: 29 },
        { value: 'true', count: 1 },
      ],
      tags: [
        { value: 'a', count: 30 },
        { value: 'b', count: 15 },
      ],
      id: undefined,
      answer: undefined,
    });
  });
});

describe('different values', () => {
  it('are counted exactly up to 2048, and within 7 % beyond', () => {
    const counter = createDistinctCounter();
    for (let at = 0; at < 6000; at += 1) counter.add(`text ${at % 2048}`);
    expect(counter.count()).toEqual({ count: 2048, isEstimate: false });
    for (let at = 0; at < 200_000; at += 1) counter.add(`text ${at % 100_000}`);
    const { count, isEstimate } = counter.count();
    expect(isEstimate).toBe(true);
    expect(Math.abs(count / 100_000 - 1)).toBeLessThan(0.07);
  });
});

// The values of kappa and r are scikit-learn's cohen_kappa_score and numpy's corrcoef on the same lists.
const A = [4, 3, 2, 4, 0, 1, 3, 2, 4, 1, 0, 3];
const B = [4, 2, 2, 3, 1, 1, 4, 2, 4, 0, 0, 1];

describe('scores in a report', () => {
  const rows = A.map((a, at) => ({
    one: { depth: score(a), tone: score('fine') },
    two: { depth: score(B[at] ?? 0) },
    depth_score: a,
    good: a >= 3,
  }));
  const report = reportOf(rows);

  it('have a histogram, and know the columns that copy them', () => {
    expect(report.scores.map(({ name, copies }) => [name, copies])).toEqual([
      ['one.depth', ['depth_score']],
      ['one.tone', []],
      ['two.depth', []],
    ]);
    expect(report.scores[0]?.histogram).toEqual([
      { from: 0, to: 0, count: 2 },
      { from: 1, to: 1, count: 2 },
      { from: 2, to: 2, count: 2 },
      { from: 3, to: 3, count: 3 },
      { from: 4, to: 4, count: 3 },
    ]);
    expect(report.scores[1]?.values).toEqual([{ value: 'fine', count: 12 }]);
  });

  it('are correlated, with verdicts too, without the copies, the strongest first', () => {
    expect(report.correlations.map(({ a, b, rows: number }) => [a, b, number])).toEqual([
      ['one.depth', 'good', 12],
      ['one.depth', 'two.depth', 12],
      ['two.depth', 'good', 12],
    ]);
    expect(report.correlations[1]?.pearson).toBeCloseTo(0.8290266722896783, 12);
  });

  it('have no correlation where one is always the same', () => {
    expect(
      reportOf([
        { a: 1, b: 2 },
        { a: 1, b: 3 },
      ]).correlations,
    ).toEqual([{ a: 'a', b: 'b', rows: 2, pearson: null }]);
  });
});

describe('the agreement of judges', () => {
  const agreementOf = (a: readonly (number | string)[], b: readonly (number | string)[]) =>
    reportOf(a.map((given, at) => ({ one: { s: score(given) }, two: { s: score(b[at] ?? 0) } })))
      .agreement[0];

  it("is Cohen's kappa, of numbers with quadratic weights", () => {
    const agreement = agreementOf(A, B);
    expect(agreement).toMatchObject({
      a: 'one.s',
      b: 'two.s',
      rows: 12,
      same: 0.5,
      measure: 'cohen-kappa-quadratic',
    });
    expect(agreement?.kappa).toBeCloseTo(0.8163265306122449, 12);
    // 1 and 3 are never given.
    expect(agreementOf([0, 4, 4, 0, 2], [0, 4, 0, 0, 4])?.kappa).toBeCloseTo(0.4444444444444444, 12);
  });

  it('is unweighted for words', () => {
    const agreement = agreementOf(
      ['good', 'bad', 'good', 'fair', 'bad', 'good', 'fair', 'bad'],
      ['good', 'good', 'good', 'fair', 'bad', 'fair', 'fair', 'bad'],
    );
    expect(agreement).toMatchObject({ rows: 8, same: 0.75, measure: 'cohen-kappa' });
    expect(agreement?.kappa).toBeCloseTo(0.627906976744186, 12);
  });

  it('is unknown when both always say the same, and 0 when one does', () => {
    expect(agreementOf([3, 3], [3, 3])).toMatchObject({ same: 1, kappa: null });
    expect(agreementOf([3, 3], [3, 4])).toMatchObject({ same: 0.5, kappa: 0 });
  });

  it('is not asked of scores with different names, or of one judge', () => {
    expect(reportOf([{ one: { s: score(1), t: score(1) }, two: { u: score(1) } }]).agreement).toEqual([]);
  });
});

describe('reviews', () => {
  const rows = [1, 2, 3, 4, 4].map((value, at) => ({ trace_id: `t${at}`, judge: { depth: score(value) } }));
  const columns = [
    { name: 'trace_id', schema: {}, from: 'seed' },
    { name: 'judge', schema: {}, from: 'column' },
  ] as const;
  const review = (at: number, rest: Partial<Review>): readonly [string, Review] => [
    `trace_id:t${at}`,
    {
      key: `trace_id:t${at}`,
      at: '2026-11-29T10:00:00.000Z',
      made: madeHash(rows[at] ?? {}, columns),
      ...rest,
    },
  ];

  it('are counted, and the scores of people compared with those of the judge, unless the answers are others now', () => {
    const reviews = new Map([
      review(0, { verdict: 'keep', scores: { 'judge.depth.score': 1 } }),
      review(1, { verdict: 'drop', scores: { 'judge.depth.score': 2, 'other.x.score': 9 } }),
      review(2, { scores: { 'judge.depth.score': 1 } }),
      review(3, { verdict: 'keep', scores: { 'judge.depth.score': 0 }, made: 'another' }),
      review(4, { edits: { answer: 'x' }, scores: { 'judge.depth.score': 4 } }),
      ['trace_id:gone', { key: 'trace_id:gone', at: '', made: '', verdict: 'keep' }],
    ]);
    const metadata = { recipe: {}, cost: {}, columns } as unknown as Metadata;
    const builder = createReport(metadata, undefined, reviews);
    for (const row of rows) builder.add(row);
    const report = builder.report({ cells: 0, classes: [], columns: [] });
    expect(report.reviews).toEqual({ rows: 5, kept: 2, dropped: 1, edited: 1, outdated: 1 });
    // Judge 1 2 3 4, person 1 2 1 4: observed 4, by chance 48 / 4, as scikit-learn has it.
    expect(report.agreement).toEqual([
      {
        a: 'judge.depth',
        b: 'person.depth',
        rows: 4,
        same: 0.75,
        kappa: 1 - 4 / 12,
        measure: 'cohen-kappa-quadratic',
      },
    ]);
  });
});

describe('repeated rows', () => {
  const words = Array.from({ length: 60 }, (_, at) => `word${at}`);
  const rows = [
    { id: 1, label: 'low', answer: words.join(' ') },
    { id: 2, label: 'high', answer: 'something else' },
    { id: 3, label: 'low', answer: words.join(' ') },
    { id: 4, label: 'low', answer: words.with(30, 'other').join(' ') },
    { id: 5, label: 'low', answer: null },
  ];

  it('are found by the texts that the recipe made, labels left out', () => {
    expect(reportOf(rows).duplicates).toEqual({
      columns: ['answer'],
      compared: 4,
      exact: 1,
      near: 1,
      near_share: 0.8,
      examples: [
        { row: 2, of: 0, share: 1 },
        // 3 of 58 runs of three words are others: 55 of 61.
        { row: 3, of: 0, share: 0.902 },
      ],
    });
  });

  it('are found by other columns, and by all that was made when nothing is a text', () => {
    expect(reportOf(rows, [], ['label']).duplicates).toMatchObject({
      columns: ['label'],
      compared: 5,
      exact: 3,
    });
    const objects = [{ made: { a: 1 } }, { made: { a: 1 } }, { made: { a: 2 } }];
    expect(reportOf(objects).duplicates).toMatchObject({ columns: ['made'], exact: 1 });
  });
});
