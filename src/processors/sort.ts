/** `sort`: puts the rows in the order of columns or expressions. Equal rows stay in the order of the seed. */
import type { ProcessorConfig, Where } from '../core/config.js';
import type { Json, JsonObject, JsonPath } from '../core/json.js';
import { valueAt } from '../core/paths.js';
import type { Problem } from '../core/problem.js';
import { ok } from '../core/result.js';
import { parseCondition } from '../template/condition.js';
import { parseTemplate } from '../template/jinja.js';
import { parseExpression } from '../template/jsonata.js';
import type { Expression, Parsed } from '../template/types.js';
import type { ColumnReference } from '../columns/types.js';
import { CONDITION_SCHEMA } from '../seeds/where.js';
import { writtenPatternProblems } from '../json-schema/patterns.js';
import { sortRows, type Order, type SortKey } from './external-sort.js';
import type { DatasetColumn, PassingRow, ProcessorContext, ProcessorType } from './types.js';

interface SortConfig extends ProcessorConfig {
  readonly by: Where | readonly Where[];
  readonly order?: Order | readonly Order[];
}

const ORDERS = ['asc', 'desc'];

export const sort: ProcessorType<SortConfig> = {
  type: 'sort',
  summary: 'Puts the rows in the order of columns or expressions.',
  schema: {
    properties: {
      by: {
        description:
          'A column, Jinja such as `judge.score` or `text | length`, or `{ jsonata: … }`; or a list of these, the first counts most.',
        anyOf: [CONDITION_SCHEMA, { type: 'array', minItems: 1, items: CONDITION_SCHEMA }],
      },
      order: {
        description:
          'From low to high (`asc`) or from high to low (`desc`); a list has one for each of `by`.',
        default: 'asc',
        anyOf: [{ enum: ORDERS }, { type: 'array', minItems: 1, items: { enum: ORDERS } }],
      },
    },
    required: ['by'],
  },
  prepare({ name, by, order = 'asc' }, { columns }, report) {
    const expressions = (Array.isArray(by) ? by : [by]) as readonly Where[];
    const keys = expressions.map((expression, index) =>
      prepareKey(expression, Array.isArray(by) ? ['by', index] : ['by'], columns, report),
    );
    const orders = typeof order === 'string' ? keys.map(() => order) : order;
    if (orders.length !== keys.length)
      report({
        code: 'invalid-value',
        message: `\`order\` has ${orders.length} entries, and \`by\` ${keys.length}`,
        hint: 'give one order for all, or one for each of `by`',
        at: ['order'],
      });
    return {
      name,
      type: 'sort',
      references: keys.flatMap(({ references }) => references),
      named: [],
      columns,
      countOf: (rows) => rows,
      pass: (rows: AsyncIterable<PassingRow>, context: ProcessorContext) =>
        sortRows(rows, {
          keysOf: ({ row }) => keys.map(({ read }) => read(row, context.note)),
          orders,
          temporaryFile: context.temporaryFile,
        }),
    };
  },
};

interface PreparedKey {
  readonly references: readonly ColumnReference[];
  /** `null` for a row without a value, which comes last. */
  read(row: JsonObject, note: ProcessorContext['note']): SortKey;
}

function prepareKey(
  expression: Where,
  place: JsonPath,
  columns: readonly DatasetColumn[],
  report: (problem: Problem) => void,
): PreparedKey {
  if (typeof expression === 'string' && columns.some(({ name }) => name === expression)) {
    const span = { offset: 0, length: expression.length };
    return {
      references: [{ path: [expression], at: place, span, optional: true }],
      read: (row) => keyOf(row[expression] ?? null),
    };
  }
  const at = typeof expression === 'string' ? place : [...place, 'jsonata'];
  const parsed =
    typeof expression === 'string' ? parseJinja(expression) : parseExpression(expression.jsonata);
  if (!parsed.ok) {
    for (const { span, ...problem } of parsed.error) report({ ...problem, at, within: span });
    return { references: [], read: () => null };
  }
  const { references, patterns = [], evaluate } = parsed.value;
  writtenPatternProblems(patterns.map((pattern) => ({ ...pattern, at }))).forEach(report);
  return {
    references: references.map((reference) => ({ ...reference, at })),
    read(row, note) {
      const value = evaluate(row);
      if (value.ok) return keyOf(value.value);
      note(`rows come last whose \`by\` could not be worked out: ${value.error}`);
      return null;
    },
  };
}

type KeyExpression = Pick<Expression, 'references' | 'evaluate'> & Partial<Pick<Expression, 'patterns'>>;

/** A path gives its value. Other Jinja gives a text, which counts as a number if it is one. */
function parseJinja(expression: string): Parsed<KeyExpression> {
  const parsed = parseCondition(expression, parseTemplate);
  if (!parsed.ok) return parsed;
  const { references, plainPath, render } = parsed.value;
  if (plainPath) return ok({ references, evaluate: (row) => ok(valueAt(row, plainPath) ?? null) });
  return ok({
    references,
    evaluate(row) {
      const text = render(row);
      return text.ok ? ok(NUMBER.test(text.value) ? Number(text.value) : text.value) : text;
    },
  });
}

const NUMBER = /^\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*$/i;

/** Lists and maps are compared as JSON. */
const keyOf = (value: Json): SortKey =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
