import type { Check } from './check.js';
import type { DraftColumn } from '../draft.js';
import type { JsonSchema } from '../../core/json.js';
import { correction, type Correction } from '../../core/suggest.js';
import type { ComparedValue, Comparison } from '../../template/types.js';
import type { Problem } from '../../core/problem.js';
import { fieldAt } from '../schema/fields.js';
import { possibleTypes, possibleValues, TYPE_WORDS, type Scalar } from '../../json-schema/possible-values.js';
import { pathName, templatePlace, type Reader } from './references.js';

/**
 * Comparisons with a value that the other side can never have, and so with the same result in every row.
 *
 * @param rendered columns whose values are the text of a template
 */
export function checkComparisons(
  readers: readonly Reader[],
  types: ReadonlyMap<string, JsonSchema>,
  rendered: ReadonlySet<string> = new Set(),
): readonly Problem[] {
  return readers.flatMap((reader) =>
    reader.references.flatMap((reference) => {
      const { path, at, compared, isInner } = reference;
      const [root = '', ...fields] = path;
      const schema = compared && types.get(root);
      const field = schema && fieldAt(schema, fields);
      if (!compared || field?.kind !== 'known') return [];
      const name = pathName(path, isInner);
      const place = templatePlace(reader, reference);
      const isRendered = fields.length === 0 && rendered.has(root);
      const foreign = compared.values.flatMap(
        (value) => foreignValue(name, field.schema, value, isRendered) ?? [],
      );
      if (foreign.length > 0 && compared.isLoose) return foreign.map((problem) => ({ ...problem, ...place }));
      const mixed = compared.values
        .filter(({ value }) => isMixed(field.schema, compared, value))
        .map((value) => ({ ...mixedTypes(name, field.schema, value, at.at(-1) === 'jsonata'), ...place }));
      if (mixed.length > 0) return mixed;
      return compared.values
        .filter((value) => isPointless(field.schema, compared, value))
        .map((value) => ({
          code: 'impossible-value',
          message: messageFor(name, compared, value),
          ...correctionFor(field.schema, compared, value),
          ...place,
          within: value.span,
        }));
    }),
  );
}

/** What Python prints for a value, and what is printed here. */
const PYTHON: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: '' };

/** A value as it is in Data Designer, and not here: the printed form of a boolean, and the text of a score. */
function foreignValue(
  name: string,
  schema: JsonSchema,
  { value, span }: ComparedValue,
  isRendered: boolean,
): Omit<Problem, 'at'> | undefined {
  if (typeof value !== 'string') return undefined;
  const types = valueTypes(schema);
  const values = otherValues(schema);
  const warning = { severity: 'warning', code: 'python-value', within: span } as const;
  if (isRendered && types.includes('string') && Object.hasOwn(PYTHON, value)) {
    const printed = PYTHON[value] ?? '';
    const message = `a template prints ${printed === '' ? 'nothing for null' : `\`${printed}\``}, not \`${value}\` as Python does`;
    return { ...warning, message, hint: `compare with \`'${printed}'\`` };
  }
  if (values?.some((each) => typeof each === 'number' && String(each) === value)) {
    const message = `the values of \`${name}\` are numbers, not text as in Data Designer`;
    return { ...warning, message, hint: 'write the number without quotes' };
  }
  return undefined;
}

/** True for less and more between a number and another type, which fails in every row. */
function isMixed(schema: JsonSchema, { operator }: Comparison, value: Scalar): boolean {
  if (!Object.hasOwn(order, operator)) return false;
  const types = valueTypes(schema);
  if (types.length === 0) return false;
  if (typeof value === 'number') return types.every((type) => type !== 'number' && type !== 'integer');
  return typeof value === 'string' && types.every((type) => type === 'number' || type === 'integer');
}

function mixedTypes(
  name: string,
  schema: JsonSchema,
  { value, span }: ComparedValue,
  isJsonata: boolean,
): Omit<Problem, 'at'> {
  const types = valueTypes(schema);
  const asNumber = isJsonata ? `$number(${name})` : `${name} | int`;
  const kind = typeWords(types);
  const hint = types.every((type) => type === 'string')
    ? `compare it as a number: \`${asNumber}\``
    : 'compare one of its values, or its length';
  return {
    code: 'impossible-value',
    message: `\`${name}\` cannot be compared with ${typeof value === 'string' ? `the text "${value}"` : `the number ${String(value)}`}: it is ${kind}`,
    hint: typeof value === 'string' ? 'write the number without quotes' : hint,
    within: span,
  };
}

/** Without null, which any comparison may meet. */
const valueTypes = (schema: JsonSchema): readonly string[] =>
  (possibleTypes(schema) ?? []).filter((type) => type !== 'null');

const otherValues = (schema: JsonSchema): readonly Scalar[] | undefined =>
  possibleValues(schema)?.filter((possible) => possible !== null);

const typeWords = (types: readonly string[]): string =>
  types.map((type) => TYPE_WORDS[type] ?? type).join(' or ');

function isPointless(
  schema: JsonSchema,
  { operator, isLoose }: Comparison,
  { value }: ComparedValue,
): boolean {
  const values = otherValues(schema);
  if (values) return values.length > 0 && isSettled(values, operator, value, isLoose);
  if (operator !== '==' && operator !== '!=' && operator !== 'in') return false;
  const types = possibleTypes(schema);
  return types !== undefined && !types.some((type) => canEqual(type, value, isLoose));
}

/** True when no possible value is equal, or when the inequality holds for none of them. */
function isSettled(
  values: readonly Scalar[],
  operator: Comparison['operator'],
  value: Scalar,
  isLoose: boolean,
): boolean {
  if (operator === '==' || operator === '!=' || operator === 'in')
    return !values.some((each) => (isLoose ? isLooselyEqual(each, value) : each === value));
  const numbers = values.filter((each) => typeof each === 'number');
  if (typeof value !== 'number' || numbers.length < values.length) return false;
  const holds = numbers.filter((each) => order[operator](each, value));
  return holds.length === 0;
}

/** In a template, a number equals its own text, and a boolean is a number. */
function isLooselyEqual(a: Scalar, b: Scalar): boolean {
  if (typeof a === 'string' || typeof b === 'string')
    return String(a) === String(b) && ![a, b].some(isBoolean);
  return Number(a) === Number(b);
}

const isBoolean = (value: Scalar): boolean => typeof value === 'boolean';

const order = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
} as const;

function canEqual(type: string, value: Scalar, isLoose: boolean): boolean {
  if (type === 'integer' || type === 'number') {
    if (typeof value === 'string') return isLoose && value.trim() !== '' && Number.isFinite(Number(value));
    return typeof value === 'number' || (isLoose && typeof value === 'boolean');
  }
  if (type === 'string') return typeof value === 'string' || (isLoose && typeof value === 'number');
  if (type === 'boolean') return typeof value === 'boolean' || (isLoose && (value === 0 || value === 1));
  return type === 'null' ? value === null : false;
}

function messageFor(name: string, { operator }: Comparison, { value }: ComparedValue): string {
  if (operator === '==' || operator === '!=' || operator === 'in') return `\`${name}\` is never \`${value}\``;
  return `no value of \`${name}\` is ${words[operator]} ${value}`;
}

const words = { '<': 'less than', '<=': 'at most', '>': 'more than', '>=': 'at least' } as const;

function correctionFor(schema: JsonSchema, { operator }: Comparison, { value }: ComparedValue): Correction {
  const values = otherValues(schema);
  if (values) {
    const { fix, hint = '' } = correction(String(value), values.map(String));
    const isFixable = fix && typeof value === 'string' && values.includes(fix.replace);
    return operator in order || !isFixable ? { hint: listed(values, hint) } : { hint, fix };
  }
  return { hint: `it is ${typeWords(valueTypes(schema))}` };
}

function listed(values: readonly Scalar[], hint: string): string {
  return hint.startsWith('did you mean') && typeof values[0] === 'string'
    ? hint
    : `it is one of ${values.map((value) => `\`${value}\``).join(', ')}`;
}

/** Expression columns of text, made by a template. */
function renderedColumns(columns: readonly DraftColumn[]): ReadonlySet<string> {
  const rendered = columns.filter(
    ({ config }) => typeof config['expr'] === 'string' && (config['dtype'] ?? 'str') === 'str',
  );
  return new Set(rendered.map(({ name }) => name));
}

export const comparisons: Check = {
  name: 'comparisons',
  run: ({ drafts, types }) => checkComparisons(drafts.columns, types, renderedColumns(drafts.columns)),
};
