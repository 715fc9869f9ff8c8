/** `filter`: keeps the rows for which a condition holds. */
import type { ProcessorConfig, Where } from '../core/config.js';
import { err } from '../core/result.js';
import { writtenPatternProblems } from '../json-schema/patterns.js';
import { CONDITION_SCHEMA, parseWhere, whyNot } from '../seeds/where.js';
import type { PassingRow, ProcessorContext, ProcessorType } from './types.js';

interface FilterConfig extends ProcessorConfig {
  readonly where: Where;
}

export const filter: ProcessorType<FilterConfig> = {
  type: 'filter',
  summary: 'Keeps the rows for which a condition holds.',
  schema: {
    properties: {
      where: {
        ...CONDITION_SCHEMA,
        description: 'The condition: Jinja such as `judge.score >= 4`, or `{ jsonata: … }`.',
      },
    },
    required: ['where'],
  },
  prepare({ name, where }, { columns }, report) {
    const inWhere: typeof report = (problem) => report({ ...problem, at: ['where', ...problem.at] });
    const condition = parseWhere(where, inWhere);
    if (condition) writtenPatternProblems(condition.patterns).forEach(inWhere);
    return {
      name,
      type: 'filter',
      references: (condition?.references ?? []).map((read) => ({ ...read, at: ['where', ...read.at] })),
      named: [],
      columns,
      async *pass(rows: AsyncIterable<PassingRow>, { leaveOut }: ProcessorContext) {
        for await (const passing of rows) {
          const holds = condition?.holds(passing.row) ?? err('it could not be parsed');
          const reason = whyNot(holds, 'where');
          if (reason === undefined) yield passing;
          else await leaveOut(passing, reason);
        }
      },
    };
  },
};
