import { makeRow } from '../engine/row.js';
import { identifyRows } from '../engine/row-identity.js';
import type { Plan, PlannedColumn } from '../engine/types.js';
import { SAMPLER } from '../columns/sampler.js';
import type { Models } from '../models/types.js';
import type { RunProblem } from './problem.js';
import type { OpenedRows } from './seed-rows.js';

const EXPRESSION = 'expression';

/** So many rows are tried. A single failing row says nothing about the others. */
const TRIED = { least: 2, most: 10 };

/**
 * Tries the samplers, and the expressions that need no answer of a model, on the first rows. One that fails on all of
 * them is a mistake of the recipe: the run stops before it pays for answers of rows that are going to fail. Where there
 * is nothing to pay for, only samplers are tried: a constraint that cannot hold takes long in each row.
 */
export async function checkFirstRows(plan: Plan, { rows }: OpenedRows): Promise<RunProblem | undefined> {
  const columns = freeColumns(plan.columns, plan.models.size > 0 ? [SAMPLER, EXPRESSION] : [SAMPLER]);
  if (columns.length === 0) return undefined;
  const failed = new Map(columns.map(({ column: { name } }) => [name, { rows: 0, message: '' }]));
  let tried = 0;
  const part = { ...plan, columns };
  for await (const row of identifyRows(plan, rows)) {
    const { failures } = await makeRow(part, row, {
      models: noModels,
      emit: () => undefined,
    });
    tried += 1;
    for (const { column, failure } of failures) {
      const earlier = failed.get(column);
      if (earlier)
        failed.set(column, { rows: earlier.rows + 1, message: earlier.message || failure.message });
    }
    if (tried === TRIED.most) break;
  }
  if (tried < TRIED.least) return undefined;
  const [name, failure] = [...failed].find(([, { rows: failures }]) => failures === tried) ?? [];
  if (name === undefined || !failure) return undefined;
  const index = plan.recipe.columns.findIndex((column) => column.name === name);
  const keys = Object.keys(plan.recipe.columns[index] ?? {});
  const key = ['jsonata', 'expr'].find((each) => keys.includes(each));
  return {
    message: `column \`${name}\` fails in each of the first ${tried} rows: ${failure.message}`,
    hint: key
      ? 'no model was called; correct it, or leave such rows out with `where` or `skip`'
      : 'nothing was made; change its params or the constraint',
    at: ['columns', index, ...(key ? [key] : ['name'])],
  };
}

/** Columns of these types that read only the seed and each other. */
function freeColumns(columns: readonly PlannedColumn[], types: readonly string[]): readonly PlannedColumn[] {
  const free = new Set<string>();
  return columns.filter(({ column, columnType, dependsOn }) => {
    const isFree = types.includes(columnType) && dependsOn.every((name) => free.has(name));
    if (isFree) free.add(column.name);
    return isFree;
  });
}

const noModels: Models = {
  ask: () => Promise.reject(new Error('an expression asked a model')),
};
