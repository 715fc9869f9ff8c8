/** The side column of `on_error: keep_raw`: the last answer of a model that could not be used, as text. */
import type { Failure } from '../core/failure.js';
import type { Problem } from '../core/problem.js';
import type { PreparedColumn } from './types.js';

export const rawColumn = (name: string): string => `${name}__raw`;

/** The answer of the last attempt that got one. */
export const lastAnswer = ({ attempts }: Failure): string | null =>
  attempts.findLast(({ answer }) => answer !== undefined)?.answer ?? null;

/** The column with its side column, which is null where the cell did not fail. */
export function withRawColumn(column: PreparedColumn, report: (problem: Problem) => void): PreparedColumn {
  if (column.modelAliases.length === 0) {
    const message = `column \`${column.name}\` asks no model, so there is no answer to keep`;
    report({ code: 'invalid-value', message, hint: 'write `on_error: null`', at: ['on_error'] });
  }
  const raw = rawColumn(column.name);
  return {
    ...column,
    makes: [...column.makes, raw],
    types: (lookup) => [...column.types(lookup), { type: ['string', 'null'] }],
    check: (lookup) => column.check?.(lookup) ?? [],
    async generate(row, context) {
      const outcome = await column.generate(row, context);
      if (outcome.state === 'failed') return outcome;
      const cells = outcome.state === 'value' ? { [column.name]: outcome.value } : outcome.cells;
      return { state: 'done', cells: { ...cells, [raw]: null } };
    },
  };
}
