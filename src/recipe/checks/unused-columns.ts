import type { Check, CheckContext } from './check.js';
import type { Problem } from '../../core/problem.js';
import { makes } from '../scope.js';

/** Columns that are dropped, and that nothing reads. */
function checkUnusedColumns({
  columns,
  scope: { unclear },
  readByProcessors,
  readByAccept,
}: CheckContext): readonly Problem[] {
  // A column or condition with mistakes may be the one that reads it.
  if (unclear.length > 0 || !readByAccept) return [];
  const read = new Set([
    ...readByProcessors,
    ...readByAccept,
    ...columns.flatMap(({ name, references }) =>
      references.map(({ path: [root = ''] }) => root).filter((root) => root !== name),
    ),
  ]);
  return (
    columns
      // What a column makes beside itself stays in the dataset.
      .filter((column) => column.config.drop === true && makes(column).length === 1 && !read.has(column.name))
      .map(({ name, at }) => ({
        severity: 'warning',
        code: 'unused-column',
        message: `column \`${name}\` is made and then dropped: no other column reads it`,
        hint: 'read it in another column, remove `drop`, or remove the column',
        at: [...at, 'name'],
      }))
  );
}

export const unusedColumns: Check = {
  name: 'unused-columns',
  run: checkUnusedColumns,
};
