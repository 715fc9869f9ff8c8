/** `explode`: one row for each entry of a list; the other columns are repeated. */
import type { ProcessorConfig } from '../core/config.js';
import { isObject, type JsonSchema } from '../core/json.js';
import { isList } from '../core/paths.js';
import { followRef } from '../json-schema/pointer.js';
import {
  namedColumns,
  valueOf,
  type PassingRow,
  type ProcessorContext,
  type ProcessorType,
} from './types.js';

interface ExplodeConfig extends ProcessorConfig {
  readonly column: string;
  readonly empty?: 'keep' | 'drop';
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
    },
    required: ['column'],
  },
  prepare({ name, column, empty = 'keep' }, { columns }, report) {
    const list = columns.find((each) => each.name === column);
    const entry = list && entrySchema(list.schema);
    if (list && !entry)
      report({
        code: 'invalid-value',
        message: `\`${column}\` is never a list, so it cannot be exploded`,
        hint: 'name a column whose values are lists',
        at: ['column'],
      });
    return {
      name,
      type: 'explode',
      references: [],
      named: namedColumns('column', column),
      columns: columns.map((each) => (each === list ? { ...each, schema: entry ?? {} } : each)),
      async *pass(rows: AsyncIterable<PassingRow>, { leaveOut }: ProcessorContext) {
        for await (const passing of rows) {
          const value = valueOf(passing, column);
          const entries = Array.isArray(value) ? value : value === null ? [] : [value];
          if (entries.length === 0 && empty === 'drop')
            await leaveOut(passing, `there is no entry in \`${column}\``);
          else if (entries.length === 0) yield { ...passing, row: { ...passing.row, [column]: null } };
          else for (const one of entries) yield { ...passing, row: { ...passing.row, [column]: one } };
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
