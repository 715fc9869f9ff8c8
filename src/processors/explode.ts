/** `explode`: one row for each entry of a list; the other columns are repeated. */
import type { ProcessorConfig } from '../core/config.js';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { isList } from '../core/paths.js';
import { followRef } from '../json-schema/pointer.js';
import {
  namedColumns,
  valueOf,
  type DatasetColumn,
  type PassingRow,
  type ProcessorContext,
  type ProcessorType,
} from './types.js';

interface ExplodeConfig extends ProcessorConfig {
  readonly column: string;
  readonly empty?: 'keep' | 'drop';
  readonly unnest?: boolean;
}

export const explode: ProcessorType<ExplodeConfig> = {
  type: 'explode',
  summary: 'Makes one row of each entry of a list; the other columns are repeated.',
  schema: {
    properties: {
      column: { type: 'string', minLength: 1, description: 'The column with the lists.' },
      empty: {
        enum: ['keep', 'drop'],
        default: 'keep',
        description: 'A row whose list is empty or missing: keep it with no value, or leave it out.',
      },
      unnest: {
        type: 'boolean',
        default: false,
        description: 'The entries are objects: their fields become columns, in place of the column.',
      },
    },
    required: ['column'],
  },
  prepare({ name, column, empty = 'keep', unnest = false }, { columns }, report) {
    const list = columns.find((each) => each.name === column);
    const entry = list && entrySchema(list.schema);
    if (list && !entry)
      report({
        code: 'invalid-value',
        message: `\`${column}\` is never a list, so it cannot be exploded`,
        hint: 'name a column whose values are lists',
        at: ['column'],
      });
    const fields = unnest && list && entry ? fieldColumns(list, entry) : undefined;
    if (entry && unnest) fieldProblems(column, columns, fields).forEach(report);
    const withEntry = (row: JsonObject, value: Json): JsonObject =>
      fields ? unnested(row, column, value, fields) : { ...row, [column]: value };
    return {
      name,
      type: 'explode',
      references: [],
      named: namedColumns('column', column),
      columns: columns.flatMap((each) =>
        each === list ? (fields ?? [{ ...each, schema: entry ?? {} }]) : [each],
      ),
      async *pass(rows: AsyncIterable<PassingRow>, { leaveOut }: ProcessorContext) {
        for await (const passing of rows) {
          const value = valueOf(passing, column);
          const entries = Array.isArray(value) ? value : value === null ? [] : [value];
          if (entries.length === 0 && empty === 'drop')
            await leaveOut(passing, `there is no entry in \`${column}\``);
          else if (entries.length === 0) yield { ...passing, row: withEntry(passing.row, null) };
          else for (const one of entries) yield { ...passing, row: withEntry(passing.row, one) };
        }
      },
    };
  },
};

/** The schema of a list's entries, `{}` when it is not known; `undefined` for values that are never lists. */
function entrySchema(root: JsonSchema): JsonSchema | undefined {
  const unions: readonly unknown[] = [root['anyOf'], root['oneOf']].find(isList) ?? [root];
  const branches = unions.map((branch) => isObject(branch) && followRef(branch, root)).filter(isObject);
  const known = branches.filter(({ type }) => type !== 'null');
  const lists = known.filter(({ type }) => type === undefined || [type].flat().includes('array'));
  if (known.length > 0 && lists.length === 0) return undefined;
  const items = known.length === 1 ? lists[0]?.['items'] : undefined;
  const { $defs } = root;
  return isObject(items) ? { ...($defs !== undefined && { $defs }), ...items } : {};
}

/** A column for each field of the entries; `undefined` when the schema names none. */
function fieldColumns(list: DatasetColumn, entry: JsonSchema): readonly DatasetColumn[] | undefined {
  const { $defs } = entry;
  const known = followRef(entry, entry);
  const properties = isObject(known) ? known['properties'] : undefined;
  if (!isObject(properties)) return undefined;
  return Object.entries(properties).map(([name, schema]) => ({
    ...list,
    name,
    schema: { ...($defs !== undefined && { $defs }), ...(isObject(schema) && schema) },
  }));
}

function fieldProblems(
  column: string,
  columns: readonly DatasetColumn[],
  fields: readonly DatasetColumn[] | undefined,
): readonly Problem[] {
  const at = ['unnest'];
  if (!fields)
    return [
      {
        code: 'invalid-value',
        message: `the fields of the entries of \`${column}\` are not known, so they cannot become columns`,
        hint: 'leave `unnest` out and read the fields by name, or explode a column that has a schema',
        at,
      },
    ];
  return fields
    .filter(({ name }) => name !== column && columns.some((each) => each.name === name))
    .map(({ name }) => ({
      code: 'duplicate-column',
      message: `\`${name}\` is a column already, and a field of the entries of \`${column}\``,
      hint: 'rename the field or the column',
      at,
    }));
}

/** The row with the fields of an entry in place of the column; null for those that it does not have. */
function unnested(
  row: JsonObject,
  column: string,
  entry: Json,
  fields: readonly DatasetColumn[],
): JsonObject {
  const values = isObject(entry) ? entry : {};
  const { [column]: _list, ...others } = row;
  return {
    ...others,
    ...Object.fromEntries(
      fields.map(({ name }) => [name, (Object.hasOwn(values, name) ? values[name] : undefined) ?? null]),
    ),
  };
}
