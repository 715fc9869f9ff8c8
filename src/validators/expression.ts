import { ok } from '../core/result.js';
import { writtenPatternProblems } from '../json-schema/patterns.js';
import { parseWhere } from '../seeds/where.js';
import { failureOf } from './failure.js';
import { judged, RESULT_WITH_MESSAGES } from './messages.js';
import type { PreparedValidator, ValidatorType } from './types.js';

type ExpressionParams = { readonly expr?: string; readonly jsonata?: string };

/** `expression`: a condition over the row, which may read other columns than the target columns. */
export const expression: ValidatorType<ExpressionParams> = {
  type: 'expression',
  summary: 'A condition over the row, in Jinja or JSONata.',
  schema: {
    properties: {
      expr: { type: 'string', minLength: 1, description: 'A condition in Jinja: `answer | length > 20`.' },
      jsonata: { type: 'string', minLength: 1, description: 'A condition in JSONata.' },
    },
    required: [],
    rules: { oneOf: [{ required: ['expr'] }, { required: ['jsonata'] }] },
  },
  prepare({ expr = '', jsonata }, report): PreparedValidator {
    const key = jsonata === undefined ? ['expr'] : [];
    const inKey: typeof report = (problem) => report({ ...problem, at: [...key, ...problem.at] });
    const condition = parseWhere(jsonata === undefined ? expr : { jsonata }, inKey);
    writtenPatternProblems(condition?.patterns ?? []).forEach(inKey);
    const references = condition?.references ?? [];
    return {
      checks: 'row',
      result: RESULT_WITH_MESSAGES,
      references: references.map((reference) => ({ ...reference, at: [...key, ...reference.at] })),
      async validate(values, { row }) {
        if (Object.values(values).includes(null)) return ok({ is_valid: null, error_messages: null });
        const holds = condition?.holds(row) ?? { ok: false, error: 'it could not be parsed' };
        if (!holds.ok) return failureOf(`${jsonata === undefined ? 'expr' : 'jsonata'}: ${holds.error}`);
        return ok(judged(holds.value ? [] : ['the condition does not hold']));
      },
    };
  },
};
