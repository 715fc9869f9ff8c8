import { describe, expect, it } from '@jest/globals';
import { createRandom } from '../../src/core/random.js';
import type { JsonObject } from '../../src/core/json.js';
import { datetime } from '../../src/samplers/datetime.js';
import { timedelta } from '../../src/samplers/timedelta.js';
import type { SamplerContext } from '../../src/samplers/types.js';

describe('datetime', () => {
  const draws = (params: JsonObject, count = 2000): readonly string[] => {
    const draw = datetime.prepare(params as never);
    return Array.from({ length: count }, (_, row) => String(draw(createRandom('datetime', row), {})));
  };

  it('is ISO text from start to before end, cut down to the unit', () => {
    const span = { start: '2020-07-01', end: '2021-03-02' };
    for (const [unit, pattern] of [
      ['Y', /^20(20|21)-01-01T00:00:00$/],
      ['M', /^202[01]-\d\d-01T00:00:00$/],
      ['D', /T00:00:00$/],
      ['h', /T\d\d:00:00$/],
      ['m', /T\d\d:\d\d:00$/],
      ['s', /T\d\d:\d\d:\d\d$/],
    ] as const) {
      const texts = draws({ ...span, unit });
      expect(texts.filter((text) => !pattern.test(text))).toEqual([]);
      const { min = '', max = '' } = datetime.range?.({ ...span, unit }) ?? {};
      expect(texts.filter((text) => text < String(min) || text > String(max))).toEqual([]);
    }
    expect(new Set(draws({ ...span, unit: 'Y' }))).toEqual(
      new Set(['2020-01-01T00:00:00', '2021-01-01T00:00:00']),
    );
    expect(new Set(draws({ ...span, end: '2020-07-04' }))).toEqual(
      new Set(['2020-07-01T00:00:00', '2020-07-02T00:00:00', '2020-07-03T00:00:00']),
    );
  });

  it('has days by default, zones become UTC, and all seconds are as likely', () => {
    expect(draws({ start: '2024-01-31', end: '2024-02-01' }, 3)).toEqual(
      Array.from({ length: 3 }, () => '2024-01-31T00:00:00'),
    );
    const [one] = draws({ start: '2024-01-01T00:30+01:00', end: '2024-01-01T00:30:01+01:00', unit: 's' }, 1);
    expect(one).toBe('2023-12-31T23:30:00');
    const days = draws({ start: '2024-01-01', end: '2024-01-11' }, 10_000);
    for (let day = 1; day <= 10; day++) {
      const count = days.filter((text) => Number(text.slice(8, 10)) === day).length;
      // 6 standard errors of a tenth.
      expect(Math.abs(count - 1000)).toBeLessThan(180);
    }
  });

  it.each([
    [{ start: '2024-01-01', end: '2024-01-01' }, '`end` (2024-01-01) is not after `start` (2024-01-01)'],
    [
      { start: '2024-02-30', end: '2025-01-01' },
      '`2024-02-30` is no date; expected one such as 2024-01-31 or 2024-01-31T09:30:00',
    ],
    [
      { start: '2024-01-01', end: 'soon' },
      '`soon` is no date; expected one such as 2024-01-31 or 2024-01-31T09:30:00',
    ],
  ])('%j: %s', (params, message) => {
    expect(datetime.check?.(params, context({})).map((problem) => problem.message)).toEqual([message]);
  });
});

describe('timedelta', () => {
  const params = { dt_min: 1, dt_max: 4, reference_column_name: 'ordered' };
  const draws = (own: object, ordered: string | number): readonly unknown[] => {
    const draw = timedelta.prepare({ ...params, ...own });
    const texts = Array.from({ length: 200 }, (_, row) => draw(createRandom('timedelta', row), { ordered }));
    return [...new Set(texts)].toSorted();
  };

  it('is the reference and a whole number of units, dt_max excluded', () => {
    const ordered = '2024-02-28T23:59:30';
    expect(draws({}, ordered)).toEqual(['2024-02-29T23:59:30', '2024-03-01T23:59:30', '2024-03-02T23:59:30']);
    expect(draws({ unit: 'h' }, ordered)).toEqual([
      '2024-02-29T00:59:30',
      '2024-02-29T01:59:30',
      '2024-02-29T02:59:30',
    ]);
    expect(draws({ unit: 'm' }, ordered)).toEqual([
      '2024-02-29T00:00:30',
      '2024-02-29T00:01:30',
      '2024-02-29T00:02:30',
    ]);
    expect(draws({ unit: 's', dt_min: 30, dt_max: 31 }, ordered)).toEqual(['2024-02-29T00:00:00']);
  });

  it('takes a text that names a date; there is no value for others, or after the year 9999', () => {
    expect(draws({ dt_max: 2 }, '31 Dec 2023')).toEqual(['2024-01-01T00:00:00']);
    expect(draws({}, 'soon')).toEqual([undefined]);
    expect(draws({}, 20240101)).toEqual([undefined]);
    expect(draws({ dt_min: 1e15, dt_max: 2e15 }, '2024-01-01')).toEqual([undefined]);
  });

  it('reads its reference', () => {
    expect(timedelta.reads?.(params)).toEqual([{ column: 'ordered', at: ['reference_column_name'] }]);
  });

  it.each<[object, Parameters<typeof context>[0], readonly string[]]>([
    [{}, { type: 'datetime', values: undefined }, []],
    [{}, { type: 'timedelta', values: undefined }, []],
    [{}, { type: 'category', values: ['2024-01-01', 'May 3, 2024'] }, []],
    [
      {},
      { type: 'category', values: ['2024-01-01', 'soon'] },
      ['`ordered` has values that are no dates, such as "soon"'],
    ],
    [{}, { type: 'uniform', values: undefined }, ['`ordered` (uniform) has no dates']],
    [
      { dt_max: 1 },
      { type: 'datetime', values: undefined },
      ['`dt_max` (1) is not above `dt_min` (1); it is never reached itself'],
    ],
  ])('%j of %j: %j', (own, ordered, messages) => {
    const problems = timedelta.check?.({ ...params, ...own }, context(ordered)) ?? [];
    expect(problems.map(({ message }) => message)).toEqual(messages);
  });
});

function context(column: Partial<{ type: string; values: readonly string[] | undefined }>): SamplerContext {
  const { type = 'datetime', values } = column;
  return { isConditional: false, sampler: () => ({ type, values }) };
}
