import type { OutputColumn } from '../../engine/types.js';
import { canonicalJson, type JsonObject } from '../../core/json.js';

/** A record compared with what was last shown of it. `row` counts from 0, as in a run. */
export type RecordChange =
  | { readonly kind: 'new'; readonly row: number; readonly record: JsonObject }
  | {
      readonly kind: 'changed';
      readonly row: number;
      readonly record: JsonObject;
      /** The columns whose cells are different. */
      readonly columns: ReadonlySet<string>;
    }
  | { readonly kind: 'unchanged'; readonly row: number };

export type Records = ReadonlyMap<number, JsonObject>;

/** Compares records with those that were shown before, cell by cell. */
export function compareRecords(
  before: Records,
  now: Records,
  columns: readonly Pick<OutputColumn, 'name'>[],
): readonly RecordChange[] {
  return [...now].map(([row, record]): RecordChange => {
    const old = before.get(row);
    if (!old) return { kind: 'new', row, record };
    const changed = columns.map(({ name }) => name).filter((name) => !isSame(old, record, name));
    if (changed.length === 0) return { kind: 'unchanged', row };
    return { kind: 'changed', row, record, columns: new Set(changed) };
  });
}

/** A column that was not there before is a change even if it is empty. */
function isSame(before: JsonObject, now: JsonObject, column: string): boolean {
  if (Object.hasOwn(before, column) !== Object.hasOwn(now, column)) return false;
  return canonicalJson(before[column] ?? null) === canonicalJson(now[column] ?? null);
}
