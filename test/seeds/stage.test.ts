import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { openRecipe } from '../../src/run/open-recipe.js';
import { stageSeed, stageSeedIn, type StageSource } from '../../src/seeds/stage/index.js';

let artifacts: string;
beforeEach(async () => {
  artifacts = await mkdtemp(join(tmpdir(), 'dd-stage-'));
});
afterEach(() => rm(artifacts, { recursive: true, force: true }));

const columnsOf = (rows: readonly JsonObject[]): { name: string; schema: JsonObject }[] =>
  [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => ({ name, schema: {} }));

/** A dataset as a run leaves it, in parts. */
async function write(stage: string, ...parts: readonly (readonly JsonObject[])[]): Promise<void> {
  const folder = join(artifacts, `r.${stage}`);
  await mkdir(join(folder, 'data'), { recursive: true });
  await writeFile(join(folder, 'metadata.json'), JSON.stringify({ columns: columnsOf(parts.flat()) }));
  for (const [part, rows] of parts.entries())
    await writeFile(
      join(folder, 'data', `part-0000${part}.jsonl`),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
}

async function read(source: StageSource): Promise<{ rows: readonly JsonObject[]; notes: readonly string[] }> {
  const type = stageSeedIn((stage) => join(artifacts, `r.${stage}`), source);
  const opened = await type.open(source, { baseDir: artifacts, env: {}, homeDir: artifacts });
  if (!opened.ok) throw new Error(opened.error.message);
  const rows: JsonObject[] = [];
  const notes = opened.value.notes.map(({ reason }) => reason);
  for (let entry = 0; entry < opened.value.entryCount; entry += 1) {
    const found = await opened.value.read(entry);
    rows.push(...found.rows);
    notes.push(...found.notes.map(({ reason, count }) => `${count} ${reason}`));
  }
  return { rows, notes };
}

it('gives the rows of all parts in order, with every value as it was', async () => {
  const rows = Array.from({ length: 1203 }, (_, n): JsonObject => ({
    n,
    big: String(9007199254740993n + BigInt(n)),
    text: `\u2028 "é" 🦩\n${n}`,
    nested: { list: [n, [null, { a: 1.5e-7 }]], empty: {} },
  }));
  await write('a', rows.slice(0, 700), rows.slice(700));
  expect(await read({ needs: [{ stage: 'a' }] })).toEqual({ rows, notes: [] });
  const known = await read({ needs: [{ stage: 'a', columns: [{ name: 'n', schema: {} }] }] });
  expect(known.rows).toEqual(rows.map(({ n }) => ({ n })));
});

it('joins by several keys: in the order of the first stage, then of the second; null equals nothing', async () => {
  await write('a', [
    { k: 2, l: 'x', a: 1 },
    { k: 1, l: 'x', a: 2 },
    { k: null, l: 'x', a: 3 },
    { k: 2, l: 'y', a: 4 },
    { k: '1', l: 'x', a: 5 },
  ]);
  await write('b', [
    { k: 1, l: 'x', b: 'first' },
    { k: 2, l: 'x', b: 'second' },
    { k: 1, l: 'x', b: 'third' },
    { k: null, l: 'x', b: 'none' },
  ]);
  const needs = [{ stage: 'a' }, { stage: 'b' }];
  const on = ['k', 'l'];
  const matched = [
    { k: 2, l: 'x', a: 1, b: 'second' },
    { k: 1, l: 'x', a: 2, b: 'first' },
    { k: 1, l: 'x', a: 2, b: 'third' },
  ];
  expect(await read({ needs, join: { on } })).toEqual({
    rows: matched,
    notes: ['3 no row of stage `b` with the same `k`, `l`'],
  });
  expect(await read({ needs, join: { on, how: 'left' } })).toEqual({
    rows: [
      ...matched,
      { k: null, l: 'x', a: 3, b: null },
      { k: 2, l: 'y', a: 4, b: null },
      { k: '1', l: 'x', a: 5, b: null },
    ],
    notes: [],
  });
});

it('joins three stages: the last one changes fastest', async () => {
  await write('a', [{ k: 1, a: 'a' }]);
  await write('b', [
    { k: 1, b: 'b1' },
    { k: 1, b: 'b2' },
  ]);
  await write('c', [
    { k: 1, c: 'c1' },
    { k: 1, c: 'c2' },
  ]);
  const { rows } = await read({
    needs: [{ stage: 'a' }, { stage: 'b' }, { stage: 'c' }],
    join: { on: 'k' },
  });
  expect(rows.map(({ a, b, c }) => `${String(a)}${String(b)}${String(c)}`)).toEqual([
    'ab1c1',
    'ab1c2',
    'ab2c1',
    'ab2c2',
  ]);
});

it('makes the product of frequent keys in parts, in the same order', async () => {
  const equal = (name: string, count: number): readonly JsonObject[] =>
    Array.from({ length: count }, (_, n) => ({ k: 1, [name]: n }));
  await write('a', [{ k: 2, a: -1 }, ...equal('a', 12), { k: 2, a: -2 }]);
  await write('b', equal('b', 700));
  await write('c', equal('c', 3));
  const needs = [{ stage: 'a' }, { stage: 'b' }, { stage: 'c' }];
  const source = { needs, join: { on: 'k' } };
  const type = stageSeedIn((stage) => join(artifacts, `r.${stage}`), source);
  const opened = await type.open(source, { baseDir: artifacts, env: {}, homeDir: artifacts });
  if (!opened.ok) throw new Error(opened.error.message);
  expect(opened.value.entryCount).toBe(6);
  for (let entry = 0; entry < 6; entry += 1)
    expect((await opened.value.read(entry)).rows.length).toBeLessThanOrEqual(5000);
  const { rows, notes } = await read(source);
  expect(rows).toHaveLength(12 * 700 * 3);
  for (const [index, { a, b, c }] of rows.entries())
    if (a !== Math.floor(index / 2100) || b !== Math.floor(index / 3) % 700 || c !== index % 3)
      throw new Error(`row ${index} is not in order`);
  expect(notes.map((note) => Number(/^\d+/.exec(note)?.[0])).reduce((sum, one) => sum + one, 0)).toBe(2);
  const left = await read({ needs, join: { on: 'k', how: 'left' } });
  expect(left.rows).toHaveLength(12 * 700 * 3 + 2);
  expect(left.rows.at(-1)).toEqual({ k: 2, a: -2, b: null, c: null });
});

it('has the columns of all stages, the keys once; those of a left join may be null', () => {
  const needs = [
    { stage: 'a', columns: [{ name: 'k', schema: { type: 'integer' } }] },
    {
      stage: 'b',
      columns: [
        { name: 'k', schema: { type: 'integer' } },
        { name: 'b', schema: { type: 'string' } },
      ],
    },
  ];
  expect(stageSeed.columns({ needs, join: { on: 'k', how: 'left' } }, '')).toEqual([
    { name: 'k', schema: { type: 'integer' } },
    { name: 'b', schema: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  ]);
  expect(() => stageSeed.columns({ needs: [{ stage: 'a' }] }, '')).toThrow('not known');
});

it('says which dataset is missing, older than the recipe, damaged or empty', async () => {
  await expect(read({ needs: [{ stage: 'a' }] })).rejects.toThrow('stage `a` has not been made yet');
  await write('a', [{ n: 1 }]);
  const columns = [{ name: 'm', schema: {} }];
  await expect(read({ needs: [{ stage: 'a', columns }] })).rejects.toThrow('has no column `m`');
  await write('b', []);
  expect(await read({ needs: [{ stage: 'b' }] })).toEqual({ rows: [], notes: ['stage `b` has no rows'] });
  await writeFile(join(artifacts, 'r.a', 'data', 'part-00000.jsonl'), '{"n":1}\n{"n":');
  await expect(read({ needs: [{ stage: 'a' }] })).rejects.toThrow('a line that is damaged');
  const source = { needs: [{ stage: 'a' }] };
  const unbound = await stageSeed.open(source, { baseDir: '', env: {}, homeDir: '' });
  expect(unbound).toMatchObject({ ok: false, error: { key: 'needs' } });
});

it('names stages alone: no path leads out of the folder of datasets', async () => {
  for (const stage of ['../../x', '..', 'a/b', 'a.b', '/x', 'a\\b', '']) {
    const text = JSON.stringify({
      name: 'r',
      seed_config: {
        source: { seed_type: 'stage', needs: [{ stage, columns: [{ name: 'a', schema: {} }] }] },
      },
      columns: [{ name: 'b', column_type: 'expression', expr: '{{ a }}' }],
    });
    const { plan, diagnostics } = await openRecipe('recipe.yaml', { text, cwd: artifacts });
    expect(plan).toBeUndefined();
    expect(diagnostics[0]?.message).toContain('a folder is named after it');
  }
});
