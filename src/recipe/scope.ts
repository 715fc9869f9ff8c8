import type { JsonSchema } from '../core/json.js';
import type { SeedColumn } from '../seeds/types.js';
import type { DraftColumn } from './draft.js';

/** The names that templates of a recipe can read. */
export interface NameScope {
  /** Maps each name to the column of the recipe that makes it. */
  readonly makers: ReadonlyMap<string, string>;
  /** Columns of the seed and their JSON Schemas; `undefined` when they are not known. */
  readonly seed: ReadonlyMap<string, JsonSchema> | undefined;
  /** Columns with mistakes, whose side columns are not known. */
  readonly unclear: readonly string[];
}

export function nameScope(
  columns: readonly DraftColumn[],
  seed: readonly SeedColumn[] | undefined,
): NameScope {
  const makers = new Map<string, string>();
  for (const column of columns) {
    for (const name of makes(column)) if (!makers.has(name)) makers.set(name, column.name);
  }
  return {
    makers,
    seed: seed && new Map(seed.map(({ name, schema }) => [name, schema])),
    unclear: columns.filter((column) => !column.prepared).map((column) => column.name),
  };
}

export const makes = (column: DraftColumn): readonly string[] => column.prepared?.makes ?? [column.name];
