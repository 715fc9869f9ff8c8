import { describe, expect, it } from '@jest/globals';
import { keepRows, type RowKeeper } from '../../src/run/watch/rows.js';
import type { Plan } from '../../src/engine/types.js';
import type { JsonObject } from '../../src/core/json.js';
import type { SeedType } from '../../src/seeds/types.js';
import type { SeedConfig } from '../../src/core/config.js';

/** Three rows, an entry each; `read` is the list of entries in the order in which they were read. */
function stage(): {
  readonly keeper: RowKeeper;
  readonly read: number[];
  plan(path: string): Plan;
} {
  const read: number[] = [];
  const type: SeedType = {
    type: 'test',
    summary: 'Rows of this test.',
    schema: { properties: {}, required: [] },
    columns: () => [],
    open: async () => ({
      ok: true,
      value: {
        columns: [],
        entryCount: 3,
        notes: [],
        async read(entry) {
          read.push(entry);
          return { rows: [{ entry }], notes: [] };
        },
      },
    }),
  };
  const keeper = keepRows({
    env: {},
  });
  const plan = (path: string): Plan => {
    const config: SeedConfig = { source: { seed_type: 'test', path } };
    return { file: '/recipe.yaml', seed: { config, type, where: undefined } } as unknown as Plan;
  };
  return { keeper, read, plan };
}

async function take(keeper: RowKeeper, plan: Plan, most: number): Promise<readonly JsonObject[]> {
  const kept = await keeper.rowsOf(plan);
  if (!kept.ok) throw new Error(kept.error.message);
  const rows: JsonObject[] = [];
  for await (const row of kept.value.rows.rows) {
    rows.push(row);
    if (rows.length === most) break;
  }
  return rows;
}

const all = [{ entry: 0 }, { entry: 1 }, { entry: 2 }];

describe('seed rows of a watch', () => {
  it('are read once, and on from where a round was stopped', async () => {
    const { keeper, read, plan } = stage();
    expect(await take(keeper, plan('a'), 2)).toEqual(all.slice(0, 2));
    expect(await take(keeper, plan('a'), 9)).toEqual(all);
    expect(await take(keeper, plan('a'), 9)).toEqual(all);
    expect(read).toEqual([0, 1, 2]);
  });

  it('are read anew when the seed is another, and when they are to be forgotten', async () => {
    const { keeper, read, plan } = stage();
    await take(keeper, plan('a'), 9);
    await take(keeper, plan('b'), 9);
    keeper.forget();
    await take(keeper, plan('b'), 9);
    expect(read).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });
});
