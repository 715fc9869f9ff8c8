import type { Check } from './check.js';
import type { Json, JsonSchema } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { isList } from '../../core/paths.js';
import { showValue } from '../schema/naming.js';

/** The value of a skipped cell must have the type of the column, because a column has one type in all rows. */
function checkSkipValues(
  columns: readonly DraftColumn[],
  types: ReadonlyMap<string, JsonSchema>,
): readonly Problem[] {
  return columns.flatMap(({ name, at, config }) => {
    const value = config.skip?.value ?? null;
    const schema = types.get(name);
    if (!schema || fits(value, schema)) return [];
    const message = `the cells of column \`${name}\` cannot be ${showValue(value)}`;
    const hint = 'give a value of its type, or leave it out for null';
    return [{ code: 'wrong-type', message, hint, at: [...at, 'skip', 'value'] }];
  });
}

/** Only a plain `type` or `enum` is checked; any other schema accepts the value. */
function fits(value: Json, { type, enum: choices }: JsonSchema): boolean {
  if (value === null) return true;
  if (isList(choices)) return choices.includes(value);
  if (type === undefined) return true;
  return [type].flat().some((name) => isOfType(value, name));
}

function isOfType(value: Json, type: Json): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return isList(value);
  return type === typeof value;
}

export const skipValues: Check = {
  name: 'skip-values',
  run: ({ drafts, types }) => checkSkipValues(drafts.columns, types),
};
