/** Recipes without a seed: rows of samplers, drawn by the real program. */
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage();

const sampler = (name: string, type: string, params: string, rest = ''): string =>
  `  - { name: ${name}, column_type: sampler, sampler_type: ${type}, params: ${params}${rest} }\n`;

const PLAN = sampler('plan', 'category', '{ values: [free, pro, team], weights: [6, 3, 1] }');
const COLUMNS = `columns:
${PLAN}${sampler('lo', 'uniform', '{ low: 0, high: 10 }', ', convert_to: int')}${sampler(
  'hi',
  'uniform',
  '{ low: 0, high: 10 }',
  `, convert_to: int, conditional_params: { "plan == 'team'": { low: 100, high: 200 } }`,
)}${sampler('score', 'gaussian', '{ mean: 5, stddev: 2, decimal_places: 1 }')}${sampler('id', 'uuid', '{ prefix: u- }')}  - { name: text, column_type: expression, expr: "{{ plan }} {{ lo }}-{{ hi }}" }
constraints:
  - { constraint_type: column_inequality, target_column: hi, operator: gt, rhs: lo }
  - { target_column: lo, operator: le, rhs: 5 }
`;

async function dd(text: string, ...flags: readonly string[]): Promise<Ended> {
  await stage.workspace.write('r.yaml', `name: made\n${text}`);
  return stage.workspace.run(['run', 'r.yaml', '--quiet', ...flags]);
}

const rows = (name = 'made'): Promise<readonly JsonObject[]> => stage.workspace.rows(name);

describe('a recipe without a seed', () => {
  it('makes rows from samplers, with their types', async () => {
    expect(await dd(COLUMNS, '--num-records', '500')).toMatchObject({ code: 0, stderr: '' });
    const made = await rows();
    expect(made).toHaveLength(500);
    for (const { plan, lo, hi, score, id, text } of made) {
      expect(Number(lo)).toBeLessThanOrEqual(5);
      expect(Number(hi)).toBeGreaterThan(Number(lo));
      expect(Number(hi) >= 100).toBe(plan === 'team');
      expect(Math.round(Number(score) * 10)).toBeCloseTo(Number(score) * 10);
      expect(id).toMatch(/^u-[0-9a-f]{32}$/);
      expect(text).toBe(`${String(plan)} ${String(lo)}-${String(hi)}`);
    }
    const connection = await (await DuckDBInstance.create()).connect();
    const file = stage.workspace.path('artifacts', 'made', 'data', 'part-00000.parquet');
    const read = await connection.runAndReadAll(
      `select typeof(plan) p, typeof(lo) l, typeof(score) s, count(*)::int n, count(distinct id)::int ids
       from read_parquet('${file}') group by all`,
    );
    expect(read.getRowObjects()).toEqual([{ p: 'VARCHAR', l: 'BIGINT', s: 'DOUBLE', n: 500, ids: 500 }]);
  });

  it('draws the same values in a second run, in partitions, and when more rows are made', async () => {
    await dd(COLUMNS, '--num-records', '40');
    const first = await rows();
    expect(first[0]).toEqual({
      plan: 'pro',
      lo: 3,
      hi: 7,
      score: 3.6,
      id: 'u-0e5bf67bdb614e478a0f856255863904',
      text: 'pro 3-7',
    });
    await dd(COLUMNS, '--num-records', '40', '--dataset-name', 'again');
    expect(await rows('again')).toEqual(first);
    await dd(COLUMNS, '--num-records', '60', '--dataset-name', 'more');
    expect((await rows('more')).slice(0, 40)).toEqual(first);
    const parts: JsonObject[] = [];
    for (const part of ['0', '1', '2']) {
      const name = `part-${part}`;
      await dd(
        COLUMNS,
        '--num-records',
        '40',
        '--partition-index',
        part,
        '--num-partitions',
        '3',
        '--dataset-name',
        name,
      );
      parts.push(...(await rows(name)));
    }
    expect(parts).toEqual(first);
  });

  it('draws the same values with any concurrency', async () => {
    const answers = (parallel: number): string =>
      `model_configs: [{ alias: m, provider: openai, model: x, inference_parameters: { max_parallel_requests: ${parallel} } }]
${COLUMNS.replace('constraints:', '  - { name: answer, column_type: llm-text, model_alias: m, prompt: "{{ text }}" }\nconstraints:')}`;
    const drawn = async (parallel: number): Promise<readonly JsonObject[]> => {
      await dd(answers(parallel), '--dry-run', '--num-records', '40');
      return (await rows('made-dry-run')).map((row) => ({ ...row, answer: null }));
    };
    const first = await drawn(1);
    expect(first).toHaveLength(40);
    expect(await drawn(16)).toEqual(first);
  });

  it('draws others with another seed, of the recipe or of the command line', async () => {
    await dd(COLUMNS, '--num-records', '20');
    const first = await rows();
    await dd(`seed: 7\n${COLUMNS}`, '--num-records', '20');
    const other = await rows();
    expect(other).not.toEqual(first);
    await dd(COLUMNS, '--num-records', '20', '--seed', '7');
    expect(await rows()).toEqual(other);
  });

  it('keeps the values of a column when other columns come, also ones of the same configuration', async () => {
    const coin = (name: string): string => sampler(name, 'uniform', '{ low: 0, high: 1 }');
    await dd(`columns:\n${coin('b')}`);
    const alone = (await rows()).map(({ b }) => b);
    await dd(`columns:\n${coin('a')}${coin('b')}`);
    const both = await rows();
    expect(both.map(({ b }) => b)).toEqual(alone);
    expect(both.map(({ a }) => a)).not.toEqual(alone);
  });
});

it('beside a seed, a row keeps its draws when the seed is shuffled or longer', async () => {
  const recipe = `seed_config: { source: { seed_type: local, path: s.jsonl } }\ncolumns:\n${sampler('x', 'uniform', '{ low: 0, high: 1 }')}`;
  const lines = (count: number): string => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');
  await stage.workspace.write('s.jsonl', lines(12));
  await dd(recipe);
  const drawn = new Map((await rows()).map(({ n, x }) => [n, x]));
  expect(new Set(drawn.values()).size).toBe(12);
  await stage.workspace.write('s.jsonl', lines(30));
  await dd(recipe, '--shuffle');
  const later = (await rows()).filter(({ n }) => Number(n) < 12);
  expect(later).toHaveLength(12);
  expect(later.map(({ n }) => n)).not.toEqual([...drawn.keys()]);
  for (const { n, x } of later) expect(x).toBe(drawn.get(n));
});

describe('conditions', () => {
  it('are tried in order: the last that is true decides, and none leaves the params', async () => {
    const conditions = (...texts: readonly string[]): string =>
      `, conditional_params: { ${texts.map((text, at) => `"${text}": { values: [c${at}] }`).join(', ')} }`;
    const one = async (...texts: readonly string[]): Promise<unknown> => {
      const a = sampler('a', 'category', '{ values: [p] }');
      const ended = await dd(
        `columns:\n${a}${sampler('b', 'category', '{ values: [base] }', conditions(...texts))}`,
      );
      expect(ended.stderr).not.toContain('error');
      return (await rows())[0]?.['b'];
    };
    expect(await one(`a == 'p'`, `a in ['p']`)).toBe('c1');
    expect(await one(`a in ['p']`, `a == 'p'`)).toBe('c1');
    expect(await one(`a != 'p' or false`)).toBe('base');
    // Truth, not the text `True`.
    expect(await one('a')).toBe('c0');
    expect(await one('a | length > 3')).toBe('base');
  });

  it('see values after convert_to', async () => {
    const n = sampler('n', 'category', '{ values: [1] }', ', convert_to: str');
    const b = sampler(
      'b',
      'category',
      '{ values: [number] }',
      `, conditional_params: { "n == '1'": { values: [text] } }`,
    );
    await dd(`columns:\n${n}${b}`);
    expect((await rows())[0]).toEqual({ n: '1', b: 'text' });
  });
});

describe('a constraint that no draw satisfies', () => {
  const never = (rhs: string): string =>
    `columns:\n${sampler('lo', 'gaussian', rhs)}${sampler('hi', 'uniform', '{ low: 0, high: 9 }')}constraints:\n  - { target_column: hi, operator: gt, rhs: lo }\n`;

  it('stops the run before anything is made, and names the column, the constraint and the values', async () => {
    const ended = await dd(never('{ mean: 20, stddev: 0.1, decimal_places: 1 }'), '--num-records', '50');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(
      /column `hi` fails in each of the first 10 rows: none of 10000 draws of `hi` satisfies `hi > lo` \(`lo` is (19|20)\.\d\)/,
    );
  });

  it('draws the side that comes first so that the other one has values, also through a chain', async () => {
    const whole = '{ low: 0, high: 3, decimal_places: 0 }';
    const chain = `columns:
${['a', 'b', 'c'].map((name) => sampler(name, 'uniform', whole)).join('')}constraints:
  - { target_column: a, operator: lt, rhs: b }
  - { target_column: b, operator: lt, rhs: c }
`;
    expect((await dd(chain, '--num-records', '200')).code).toBe(0);
    const made = await rows();
    expect(made.length).toBe(200);
    for (const { a, b, c } of made) expect(Number(a) < Number(b) && Number(b) < Number(c)).toBe(true);
    expect(new Set(made.map(({ c }) => c))).toEqual(new Set([2, 3]));
  });

  it('fails only the rows that it cannot hold for', async () => {
    // Half of the rows draw `hi` from the whole range, so that a `lo` above 9 is possible in these alone.
    const half = never('{ mean: 8, stddev: 1, decimal_places: 1 }').replace(
      'params: { low: 0, high: 9 }',
      `params: { low: 0, high: 9 }, conditional_params: { "kind == 'wide'": { low: 0, high: 99 } }`,
    );
    const kind = sampler('kind', 'category', '{ values: [wide, narrow] }');
    const ended = await dd(half.replace('columns:\n', `columns:\n${kind}`), '--num-records', '50');
    expect(ended.code).toBe(1);
    const failures = await stage.workspace.failures('made');
    expect(failures.length).toBeGreaterThan(3);
    expect(failures.length + (await rows()).length).toBe(50);
    for (const failure of failures)
      expect(failure).toMatchObject({
        column: 'hi',
        class: 'constraint',
        message: expect.stringMatching(/`hi > lo` \(`lo` is (9|1\d)/),
      });
    for (const { lo, hi } of await rows()) expect(Number(hi)).toBeGreaterThan(Number(lo));
  });
});

it('warns of several conditions in a wrapped YAML config, which Data Designer has sorted, and not in JSON', async () => {
  const config = {
    data_designer: {
      columns: [
        { name: 'a', column_type: 'sampler', sampler_type: 'category', params: { values: ['p'] } },
        {
          name: 'b',
          column_type: 'sampler',
          sampler_type: 'category',
          params: { sampler_type: 'category', values: ['x'], weights: null },
          conditional_params: { "a == 'p'": { values: ['y'] }, "a in ['p']": { values: ['z'] } },
        },
      ],
    },
  };
  // JSON is YAML too.
  for (const file of ['exported.yaml', 'exported.json'])
    await stage.workspace.write(file, JSON.stringify(config));
  const { stdout, stderr } = await stage.workspace.run(['validate', 'exported.yaml', 'exported.json']);
  expect(`${stdout}${stderr}`.match(/\S+:\d+:\d+ warning .*\[condition-order\]/g)).toEqual([
    expect.stringMatching(/^exported\.yaml:/),
  ]);
});
