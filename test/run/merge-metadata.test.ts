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

  it('add up how many cells of a validation column are valid; a partition without rows has none', () => {
    const counted = (...validity: readonly Metadata['validity'][]): Metadata['validity'] => {
      const [first = partition(), ...others] = validity.map((counts): Partition => {
        const one = partition();
        return { ...one, metadata: { ...one.metadata, ...(counts && { validity: counts }) } };
      });
      const files = { parts: 1, columns: [], processors: [] };
      return mergeMetadata([first, ...others], { name: 'all', dataset: '/a/all' }, files).validity;
    };
    expect(
      counted(
        undefined,
        { check: { valid: 3, invalid: 1, unknown: 0 } },
        { check: { valid: 5, invalid: 0, unknown: 2 } },
      ),
    ).toEqual({ check: { valid: 8, invalid: 1, unknown: 2 } });
    expect(counted(undefined, undefined)).toBeUndefined();
  });
});
