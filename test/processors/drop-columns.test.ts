import { describe, expect, it } from '@jest/globals';
import { dropColumns } from '../../src/processors/drop-columns.js';
import type { Problem } from '../../src/core/problem.js';

const NAMES = ['answer', 'answer__trace', 'tmp1', 'tmp2', 'tmpA', 'a[b]', 'Tmp3'];

/** The columns that are left, and the names that matched nothing. */
function left(...patterns: readonly string[]): readonly [readonly string[], readonly unknown[]] {
  const problems: Problem[] = [];
  const columns = NAMES.map((name) => ({ name, schema: {}, from: 'column' as const }));
  const prepared = dropColumns.prepare(
    { name: 'x', processor_type: 'drop_columns', column_names: patterns },
    { columns, dropped: new Set(), isComplete: true, typeOf: () => undefined },
    (problem) => problems.push(problem),
  );
  return [prepared.columns.map(({ name }) => name), problems.map(({ at }) => at.at(-1))];
}

describe('drop_columns', () => {
  it('leaves out the named columns and no others, also those that another column makes', () => {
    expect(left('answer')).toEqual([NAMES.slice(1), []]);
    expect(left('*__trace')).toEqual([NAMES.filter((name) => name !== 'answer__trace'), []]);
  });

  it('takes the patterns of fnmatch', () => {
    expect(left('tmp?', 'nothing*')).toEqual([['answer', 'answer__trace', 'a[b]', 'Tmp3'], [1]]);
    expect(left('tmp[0-9]')).toEqual([['answer', 'answer__trace', 'tmpA', 'a[b]', 'Tmp3'], []]);
    expect(left('tmp[!1]')).toEqual([['answer', 'answer__trace', 'tmp1', 'a[b]', 'Tmp3'], []]);
    expect(left('tmp[z-a]', 'tmp[', 'a.swer')).toEqual([NAMES, [0, 1, 2]]);
    expect(left('*')).toEqual([[], []]);
  });

  it('takes a name with a bracket as it is', () => {
    expect(left('a[b]')[0]).not.toContain('a[b]');
  });
});
