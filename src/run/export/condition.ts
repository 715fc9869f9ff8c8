import type { Where } from '../../core/config.js';
import type { JsonObject } from '../../core/json.js';
import { ok, type Result } from '../../core/result.js';
import { whyNot } from '../../seeds/where.js';
import type { RunProblem } from '../problem.js';
import { parseWhereFlag } from '../where-flag.js';

/** Why a row is left out; `undefined` for one that is wanted. */
export type Condition = (row: JsonObject) => string | undefined;

/** Columns by which recipes say that a row is worth training on. */
const RECOMMENDED = ['recommended_for_sft', 'recommended_for_training', 'recommended'];

/** Rows that the recipe recommends; all of them when the dataset has no column that says so. */
export function recommendedRows(columns: readonly string[]): Condition {
  const recommended = RECOMMENDED.find((name) => columns.includes(name));
  if (recommended === undefined) return () => undefined;
  return (row) =>
    row[recommended] === true ? undefined : `\`${recommended}\` is not true (--where true takes all rows)`;
}

/** The rows for which `where` is true. */
export function rowsWhere(where: Where, columns: readonly string[]): Result<Condition, RunProblem> {
  const parsed = parseWhereFlag(where, columns);
  if (!parsed.ok) return parsed;
  return ok((row) => whyNot(parsed.value.holds(row), '--where'));
}
