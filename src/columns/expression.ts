import type { Json, JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { parseExpression } from '../template/jsonata.js';
import { CASTS, castText, checkType, DTYPE_SCHEMAS, DTYPES, type Cast, type Dtype } from './dtype.js';
import { dtypeProblems, expressionPatterns } from './expression-checks.js';
import { parseKey, referencesOf, renderFailure } from './prompt.js';
import type { CellOutcome, ColumnType, PreparedColumn, TypeLookup } from './types.js';
import type { ColumnConfig } from '../core/config.js';

interface ExpressionConfig extends ColumnConfig {
  readonly expr?: string;
  readonly jsonata?: string;
  readonly dtype?: Dtype;
  readonly cast?: Cast;
}

/**
 * `expression`: a value computed from other columns, without a model. `expr` is Jinja, and its text is converted
 * to `dtype`; `jsonata` returns a typed value, which is checked against `dtype` if that is set.
 */
export const expression: ColumnType<ExpressionConfig> = {
  type: 'expression',
  summary: 'A value computed from other columns.',
  schema: {
    properties: {
      expr: {
        type: 'string',
        minLength: 1,
        description: 'Jinja, with braces: `{{ score >= 4 }}`. The text is converted to `dtype`.',
      },
      jsonata: {
        type: 'string',
        minLength: 1,
        description: 'JSONata, without braces: `sft_record.skill_tags`. Keeps its type.',
      },
      dtype: {
        enum: [...DTYPES],
        description: 'Type of the result. Default: `str` for `expr`, any type for `jsonata`.',
      },
      cast: {
        enum: [...CASTS],
        default: 'exact',
        description:
          'How the text of `expr` becomes an int or a bool: `python` cuts `3.9` to 3, and makes all but numbers and `true` false.',
      },
    },
    required: [],
    rules: { oneOf: [{ required: ['expr'] }, { required: ['jsonata'] }] },
  },
  prepare: (config, report) =>
    config.jsonata === undefined
      ? prepareJinja(config, report)
      : prepareJsonata(config, config.jsonata, report),
};

function prepareJinja(config: ExpressionConfig, report: (problem: Problem) => void): PreparedColumn {
  const dtype = config.dtype ?? 'str';
  const template = parseKey('expr', config.expr ?? '', report);
  return {
    name: config.name,
    references: referencesOf('expr', template),
    modelAliases: [],
    makes: [config.name],
    types: () => [DTYPE_SCHEMAS[dtype]],
    check: (lookup) => dtypeProblems(template?.plainPath, dtype, lookup, config.cast ?? 'exact'),
    ...(template?.usesRandom === true && { isRandom: true }),
    generate(row, { random }) {
      const options = template?.usesRandom === true ? { random: random() } : {};
      const text = template?.render(row, options) ?? { ok: false, error: 'it could not be parsed' };
      const value = text.ok ? castText(text.value, dtype, config.cast) : text;
      return value.ok ? done(value.value) : failed(value.error);
    },
  };
}

function prepareJsonata(
  config: ExpressionConfig,
  source: string,
  report: (problem: Problem) => void,
): PreparedColumn {
  const parsed = parseExpression(source);
  const compiled = parsed.ok ? parsed.value : undefined;
  if (!parsed.ok)
    for (const { span, ...problem } of parsed.error) report({ ...problem, at: ['jsonata'], within: span });
  const { dtype } = config;
  return {
    name: config.name,
    references: referencesOf('jsonata', compiled),
    modelAliases: [],
    makes: [config.name],
    types: (lookup) => [jsonataType(compiled?.plainPath, dtype, lookup)],
    check: (lookup) => [
      ...dtypeProblems(compiled?.plainPath, dtype, lookup, undefined),
      ...expressionPatterns(compiled),
    ],
    generate(row) {
      const result = compiled?.evaluate(row) ?? { ok: false, error: 'it could not be parsed' };
      const value = result.ok && dtype !== undefined ? checkType(result.value, dtype) : result;
      return value.ok ? done(value.value) : failed(value.error);
    },
  };
}

/**
 * The type of a plain path is that of the field it points at, unless the path goes through a list: then JSONata
 * returns a list or a single value, depending on the row. The type of any other expression is its `dtype`.
 */
function jsonataType(
  path: readonly string[] | undefined,
  dtype: Dtype | undefined,
  lookup: TypeLookup,
): JsonSchema {
  const isThroughList = path?.some((_, depth) => depth > 0 && isList(lookup(path.slice(0, depth))));
  const source = path && !isThroughList ? lookup(path) : undefined;
  if (dtype === undefined) return source ?? {};
  const promised = DTYPE_SCHEMAS[dtype];
  return source && source['type'] === promised['type'] ? source : promised;
}

function isList(schema: JsonSchema | undefined): boolean {
  const type = schema?.['type'];
  return type === 'array' || (Array.isArray(type) && type.includes('array'));
}

const done = (value: Json): CellOutcome => ({ state: 'value', value });

const failed = (message: string): CellOutcome => ({ state: 'failed', failure: renderFailure(message) });
