import type { RecordChange } from '../../run/watch/changes.js';
import type { OutputColumn } from '../../engine/types.js';
import { drawRecord, isEmpty, renderRecord } from './record.js';
import type { RecordStyle } from './record-style.js';

type Columns = readonly Pick<OutputColumn, 'name' | 'from'>[];

/**
 * Draws records and their changes: a new record as it is, a changed one with a `~` in the margin of each changed
 * cell, an unchanged one as a line. Where the terminal has bold, only changes are bold.
 */
export function renderChanges(
  changes: readonly RecordChange[],
  columns: Columns,
  style: RecordStyle,
): string {
  return changes
    .map((change, index) => {
      // No empty line between unchanged records.
      const gap = index > 0 && !(isFolded(change) && isFolded(changes[index - 1])) ? '\n' : '';
      return gap + renderChange(change, columns, style);
    })
    .join('\n');
}

const isFolded = (change: RecordChange | undefined): boolean => change?.kind === 'unchanged';

function renderChange(change: RecordChange, columns: Columns, style: RecordStyle): string {
  const heading = style.dim(`row ${change.row}`);
  switch (change.kind) {
    case 'unchanged':
      return style.dim(`row ${change.row}  the same`);
    case 'new':
      return `${heading}\n${renderRecord(change.record, columns, style)}`;
    case 'changed':
      return `${heading}\n${renderMarked(change, columns, style)}`;
  }
}

const MARGIN = 2;

function renderMarked(
  { record, columns: changed }: RecordChange & { readonly kind: 'changed' },
  columns: Columns,
  style: RecordStyle,
): string {
  const plain = { ...style, width: style.width - MARGIN, bold: (text: string) => text };
  const shown = columns.filter(({ name }) => !isEmpty(record[name]) || changed.has(name));
  return drawRecord(record, shown, plain)
    .map((section) =>
      section
        .flatMap(({ name, lines }) =>
          lines.map((line) => (changed.has(name) ? style.bold(`~ ${line}`) : `  ${line}`.trimEnd())),
        )
        .join('\n'),
    )
    .join('\n\n');
}
