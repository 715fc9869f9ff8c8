import { pad, widthOf } from './text.js';

/**
 * Rows of cells as aligned lines. Numbers and the columns in `right` are right-aligned. The first row is the
 * heading.
 */
export function renderTable(
  rows: readonly (readonly (string | number)[])[],
  right: readonly number[] = [],
): string {
  const widths = rows.reduce<readonly number[]>(
    (all, row) => row.map((cell, at) => Math.max(all[at] ?? 0, widthOf(String(cell)))),
    [],
  );
  const numeric = (at: number): boolean =>
    right.includes(at) || rows.slice(1).every((row) => typeof row[at] === 'number');
  return rows
    .map((row) =>
      row
        .map((cell, at) => {
          const width = widths[at] ?? 0;
          return numeric(at) ? String(cell).padStart(width) : pad(String(cell), width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
