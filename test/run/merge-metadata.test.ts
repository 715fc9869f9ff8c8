import { describe, expect, it } from '@jest/globals';
import { mergeMetadata } from '../../src/run/merge/metadata.js';
import type { Partition } from '../../src/run/merge/checks.js';
import type { Metadata } from '../../src/dataset/metadata.js';

/** A partition whose columns used their model so often, in this order. */
function partition(...columns: readonly (readonly [column: string, calls: number])[]): Partition {
  const usage = [{ alias: 'main', columns: columns.map(([column, calls]) => ({ column, calls })) }];
  const origin = { recipe: '../../recipe.yaml', cwd: '../..' };
  const metadata = { rows: { filtered: 0 }, failures: {}, usage, cost: {}, seconds: 1, origin };
  return { folder: '/a/machine/artifacts/part', metadata: metadata as unknown as Metadata };
}

describe('the metadata of merged partitions', () => {
  it('add up usage by column, whichever a partition began with or never came to, and find the recipe', () => {
    const merged = mergeMetadata(
      [partition(['one', 1]), partition(['two', 20], ['one', 2]), partition(['three', 300])],
      { name: 'all', dataset: '/a/whole/artifacts/all' },
      { parts: 1, columns: [], processors: [] },
    );
    expect(merged.usage).toEqual([
      {
        alias: 'main',
        columns: [
          { column: 'one', calls: 3 },
          { column: 'two', calls: 20 },
          { column: 'three', calls: 300 },
        ],
      },
    ]);
    expect(merged.origin).toMatchObject({ recipe: '../../../machine/recipe.yaml', cwd: '../../../machine' });
  });
});
