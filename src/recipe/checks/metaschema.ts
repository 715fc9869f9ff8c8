import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

import type { JsonSchema } from '../../core/json.js';
import { correction } from '../../core/suggest.js';
import type { Problem } from '../../core/problem.js';
import { pointerPath } from '../../json-schema/pointer.js';
import { valueAt } from '../../core/paths.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Finds the mistakes in an invalid schema. Only for schemas that did not compile, because it is slow. */
export function metaschemaProblems(schema: JsonSchema): readonly Problem[] {
  const { $schema: _dialect, ...plain } = schema;
  const validate = new Ajv2020({ allErrors: true, logger: false }).getSchema(DIALECT);
  if (!validate || validate(plain) !== false) return [];
  const errors = (validate.errors ?? []).filter(
    ({ keyword }) => !['anyOf', 'allOf', '$ref'].includes(keyword),
  );
  const seen = new Set<string>();
  return errors
    .filter(({ instancePath }) => !seen.has(instancePath) && seen.add(instancePath))
    .map((error) => toProblem(error, plain));
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

function toProblem(error: ErrorObject, schema: JsonSchema): Problem {
  const at = pointerPath(error.instancePath) ?? [];
  const keyword = String(at.findLast((key) => !/^\d+$/.test(String(key))) ?? 'the schema');
  const value = valueAt(schema, at);
  if (keyword === 'type' && typeof value === 'string')
    return {
      code: 'invalid-schema',
      message: `JSON Schema has no type \`${value}\``,
      ...(OTHER_NAMES[value] ? fixTo(value, OTHER_NAMES[value]) : correction(value, TYPES)),
      at,
    };
  return {
    code: 'invalid-schema',
    message: `\`${keyword}\` ${error.message ?? 'is not valid in JSON Schema'}`,
    at,
  };
}

/** Names of types in other languages. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  str: 'string',
  text: 'string',
  int: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  list: 'array',
  dict: 'object',
  map: 'object',
};

const fixTo = (value: string, name: string): Pick<Problem, 'hint' | 'fix'> => ({
  hint: `it is called \`${name}\``,
  fix: { replace: name, instead: value },
});
