import type { JsonSchema } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { writtenPatternProblems } from '../json-schema/patterns.js';
import { possibleTypes, possibleValues, TYPE_WORDS } from '../json-schema/possible-values.js';
import type { Expression } from '../template/types.js';
import { castText, type Cast, type Dtype } from './dtype.js';
import type { TypeLookup } from './types.js';

/**
 * Reports when the value of another column can never, or not always, be converted to `dtype`.
 *
 * @param cast how its text is converted; `undefined` when the value keeps its type
 */
export function dtypeProblems(
  path: readonly string[] | undefined,
  dtype: Dtype | undefined,
  lookup: TypeLookup,
  cast: Cast | undefined,
): readonly Problem[] {
  const schema = path && lookup(path);
  const types = schema && possibleTypes(schema)?.filter((type) => type !== 'null');
  if (!path || !dtype || !types || types.length === 0) return [];
  const fits = cast ? textFit(schema, types, dtype, cast) : typedFit(types, dtype);
  if (fits === 'yes') return [];
  const kind = types.map((type) => TYPE_WORDS[type] ?? type).join(' or ');
  const name = `\`${path.join('.')}\``;
  return [
    {
      severity: fits === 'never' ? 'error' : 'warning',
      code: 'dtype-mismatch',
      message:
        fits === 'never'
          ? `${name} is ${kind}, which never reads as \`dtype: ${dtype}\``
          : `${name} is ${kind}: the cell fails wherever that does not read as \`dtype: ${dtype}\``,
      hint: fits === 'never' ? hintFor(types) : 'take a field of that type, or `dtype: str`',
      at: ['dtype'],
    },
  ];
}

type Fit = 'yes' | 'perhaps' | 'never';

/** JSONata keeps types. */
function typedFit(types: readonly string[], dtype: Dtype): Fit {
  if (dtype === 'list') return 'yes';
  return types.some((type) => TYPED[dtype].includes(type)) ? 'yes' : 'never';
}

const TYPED: Readonly<Record<Exclude<Dtype, 'list'>, readonly string[]>> = {
  str: ['string'],
  int: ['integer', 'number'],
  float: ['integer', 'number'],
  bool: ['boolean'],
  object: ['object'],
};

/** Jinja renders text, which is then converted to `dtype`. */
function textFit(schema: JsonSchema, types: readonly string[], dtype: Dtype, cast: Cast): Fit {
  if (dtype === 'str' || (dtype === 'bool' && cast === 'python')) return 'yes';
  const values = possibleValues(schema)?.filter((value) => value !== null);
  if (values) return values.some((value) => castText(String(value), dtype, cast).ok) ? 'yes' : 'never';
  const readable: Readonly<Record<typeof dtype, readonly string[]>> = {
    int: ['integer', 'number'],
    float: ['integer', 'number'],
    bool: ['boolean', 'integer', 'number'],
    list: ['array'],
    object: ['object'],
  };
  if (types.some((type) => readable[dtype].includes(type))) return 'yes';
  return types.includes('string') ? 'perhaps' : 'never';
}

const DTYPE_OF: Readonly<Record<string, Dtype>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  array: 'list',
  object: 'object',
};

const hintFor = ([type = 'string']: readonly string[]): string =>
  `write \`dtype: ${DTYPE_OF[type] ?? 'str'}\``;

/** Regular expressions in an expression that are open to catastrophic backtracking. */
export function expressionPatterns(expression: Expression | undefined): readonly Problem[] {
  return writtenPatternProblems(
    (expression?.patterns ?? []).map((pattern) => ({ ...pattern, at: ['jsonata'] })),
  );
}
