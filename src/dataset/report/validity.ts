import { isObject, type Json, type JsonObject } from '../../core/json.js';

/** How many cells of a `validation` column are valid. */
export interface ValidityReport {
  /** The column; with several target columns `column.target`. */
  readonly name: string;
  readonly valid: number;
  readonly invalid: number;
  /** Rows where `is_valid` is null. */
  readonly unknown: number;
}

export interface ValidityCounter {
  add(column: string, cell: Json | undefined): void;
  reports(): readonly ValidityReport[];
}

/** Counts the results of validators, by the shape of their cells: `{ is_valid, … }`, or an object of such. */
export function createValidityCounter(): ValidityCounter {
  const counts = new Map<string, { valid: number; invalid: number; unknown: number }>();
  return {
    add(column, cell) {
      for (const [name, result] of resultsIn(column, cell)) {
        const count = counts.get(name) ?? { valid: 0, invalid: 0, unknown: 0 };
        counts.set(name, count);
        const valid = result['is_valid'];
        count[valid === true ? 'valid' : valid === false ? 'invalid' : 'unknown'] += 1;
      }
    },
    reports: () => Array.from(counts, ([name, count]) => ({ name, ...count })),
  };
}

function resultsIn(column: string, cell: Json | undefined): readonly (readonly [string, JsonObject])[] {
  if (isResult(cell)) return [[column, cell]];
  const entries = isObject(cell) ? Object.entries(cell) : [];
  const results = entries.flatMap(([target, value]) =>
    isResult(value) ? [[`${column}.${target}`, value] as const] : [],
  );
  return results.length === entries.length ? results : [];
}

function isResult(value: Json | undefined): value is JsonObject {
  if (!isObject(value) || !Object.hasOwn(value, 'is_valid')) return false;
  return value['is_valid'] === null || typeof value['is_valid'] === 'boolean';
}
