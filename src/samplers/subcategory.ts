import type { Problem } from '../core/problem.js';
import { correction } from '../core/suggest.js';
import { ofOneType, rangeOfValues, schemaOfValues, VALUES_SCHEMA, type CategoryValue } from './category.js';
import type { SamplerContext, SamplerType } from './types.js';

type SubcategoryParams = {
  readonly category: string;
  readonly values: Readonly<Record<string, readonly CategoryValue[]>>;
};

/** `subcategory`: one of the values that belong to the value of a category. */
export const subcategory: SamplerType<SubcategoryParams> = {
  type: 'subcategory',
  summary: 'One of the values that belong to the value of another column.',
  schema: {
    properties: {
      category: {
        type: 'string',
        minLength: 1,
        description: 'Name of a column of sampler type `category` or `subcategory`.',
      },
      values: {
        type: 'object',
        minProperties: 1,
        additionalProperties: VALUES_SCHEMA,
        description: 'For each value of that column, the values to choose from.',
      },
    },
    required: ['category', 'values'],
  },
  convert: 'number',
  reads: ({ category }) => [{ column: category, at: ['category'] }],
  check: checkParent,
  valueSchema: ({ values }) => schemaOfValues(allOf(values)),
  range: ({ values }) => rangeOfValues(ofOneType(allOf(values))),
  prepare({ category, values }) {
    const choices = new Map(listsOfOneType(values));
    return (random, row) => {
      const list = choices.get(String(row[category]));
      return list?.[Math.floor(random() * list.length)];
    };
  },
};

/** The keys must be the parent's values: with one that is missing, rows with that value would fail. */
function checkParent(
  { category, values }: SubcategoryParams,
  { sampler, isConditional }: SamplerContext,
): readonly Problem[] {
  const parent = sampler(category);
  if (!parent) return [];
  if (parent.type !== 'category' && parent.type !== 'subcategory') {
    const message = `\`${category}\` is a column of sampler type \`${parent.type}\`: its values cannot be listed`;
    const hint = 'the parent of a subcategory is a `category` or a `subcategory`';
    return [{ code: 'invalid-value', message, hint, at: ['category'] }];
  }
  const known = new Set((parent.values ?? []).map(String));
  const missing = isConditional ? [] : [...known].filter((value) => !Object.hasOwn(values, value));
  const foreign = Object.keys(values).filter((key) => !known.has(key));
  return [
    ...foreign.map((key): Problem => ({
      code: 'invalid-value',
      message: `\`${category}\` never has the value \`${key}\``,
      ...correction(key, missing.length > 0 ? missing : [...known]),
      at: ['values', key],
      onKey: true,
    })),
    ...missing.map((value): Problem => ({
      code: 'missing-key',
      message: `there are no \`values\` for the value \`${value}\` of \`${category}\``,
      hint: `add \`${value}: […]\``,
      at: ['values'],
    })),
  ];
}

const allOf = (values: SubcategoryParams['values']): readonly CategoryValue[] => Object.values(values).flat();

/** One text in any list makes all values text, so that the column has one type. */
function listsOfOneType(values: SubcategoryParams['values']): [string, readonly (string | number)[]][] {
  const all = ofOneType(allOf(values));
  let from = 0;
  return Object.entries(values).map(([key, list]) => [key, all.slice(from, (from += list.length))]);
}
