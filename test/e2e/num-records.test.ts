/** `num_records` of a recipe: how many rows there are, whole or in partitions. */
import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { Ended } from '../rig/program.js';
import { useStage } from '../rig/stage.js';

const stage = useStage((workspace) =>
  workspace.write('seed.jsonl', Array.from({ length: 9 }, (_, id) => JSON.stringify({ id })).join('\n')),
);

const seed = 'seed_config: { source: { seed_type: local, path: seed.jsonl } }';

const repeated = 'seed_config: { cycle: true, source: { seed_type: local, path: seed.jsonl } }';

async function run(recipe: string, ...flags: readonly string[]): Promise<Ended> {
  await stage.workspace.write(
    'r.yaml',
    `name: made\n${recipe}\ncolumns:\n  - { name: x, column_type: expression, expr: "x{{ ${recipe.includes('seed') ? 'id' : '7'} }}" }\n`,
  );
  return stage.workspace.run(['run', 'r.yaml', '--quiet', ...flags]);
}

const countOf = async (recipe: string, ...flags: readonly string[]): Promise<number> => {
  expect((await run(recipe, ...flags)).code).toBe(0);
  return (await stage.workspace.rows('made')).length;
};

describe('num_records', () => {
  it('is the number of rows; the flag overrides it', async () => {
    expect(await countOf(`${seed}\nnum_records: 4`)).toBe(4);
    expect(await countOf(`${seed}\nnum_records: 4`, '--num-records', '6')).toBe(6);
    expect(await countOf('num_records: 23')).toBe(23);
    expect(await countOf('')).toBe(10);
  });

  it('is the number for a preview, too, where it is less than that shows', async () => {
    const ended = await run(`${seed}\nnum_records: 2`, '--preview', '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ metadata: { rows: { done: 2 } } });
  });

  it.each([`${seed}\nnum_records: 7`, 'num_records: 7', `${repeated}\nnum_records: 23`])(
    'is divided among partitions, which make the same rows together (%s)',
    async (recipe) => {
      await run(recipe);
      const parts = [0, 1, 2].map((index) => `artifacts/made-part-0000${index}-of-00003`);
      for (const index of [0, 1, 2])
        expect((await run(recipe, '--partition-index', `${index}`, '--num-partitions', '3')).code).toBe(0);
      const merged = await stage.workspace.run(['merge', ...parts, '--dataset-name', 'merged']);
      expect(merged.code).toBe(0);
      const text = (name: string): Promise<string> =>
        readFile(stage.workspace.path('artifacts', name, 'data/part-00000.jsonl'), 'utf8');
      expect(await text('merged')).toBe(await text('made'));
      expect(await stage.workspace.rows('merged')).toHaveLength(Number(/\d+$/.exec(recipe)?.[0]));
    },
  );

  it('is what dd plan plans for', async () => {
    await run(`${seed}\nnum_records: 5`);
    const planned = await stage.workspace.run(['plan', 'r.yaml', '--json']);
    expect(JSON.parse(planned.stdout)).toMatchObject({ rows: { count: 5, exact: true } });
  });

  it('must be one or more', async () => {
    const ended = await run(`${seed}\nnum_records: 0`);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('`num_records` must be at least 1, not `0`');
  });
});
