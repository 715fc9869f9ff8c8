import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { Check } from './check.js';
import { isObject, type JsonSchema } from '../../core/json.js';
import { memoize } from '../../core/memoize.js';
import { isError, type Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { startsWith, valueAt } from '../../core/paths.js';
import { correction } from '../../core/suggest.js';
import { contradictions } from './schema-contradictions.js';
import { patternProblems } from '../../json-schema/patterns.js';
import { pointerPath } from '../../json-schema/pointer.js';
import { closeObjects } from '../../json-schema/closed-schema.js';
import { toStrictSchema } from '../../models/structured/strict-schema.js';
import { subschemas, partName, type Subschema } from '../../json-schema/subschemas.js';

/** Where columns have the JSON Schema of an answer of a model. */
const ANSWERS = [['output_format']];

/** Where columns have other JSON Schemas. */
const OTHERS = [['schema'], ['validator_params', 'schema'], ['validator_params', 'output_schema']];

/** Checks schemas: invalid, contradictory, with slow patterns; those of answers also: not enforceable by a server. */
function checkSchemas(columns: readonly DraftColumn[], found: readonly Problem[]): readonly Problem[] {
  return columns.flatMap(({ at: column, config }) =>
    [...ANSWERS, ...OTHERS].flatMap((path) => {
      const schema = valueAt(config, path);
      const place = [...column, ...path];
      const known = found.filter((problem) => isError(problem) && startsWith(problem.at, place));
      if (!isObject(schema) || known.some(({ code }) => code !== 'invalid-schema')) return [];
      const problems = known.length > 0 ? metaschemaProblems(schema) : validSchemaProblems(schema);
      const told = OTHERS.includes(path) ? problems.filter(({ code }) => code !== 'not-strict') : problems;
      return told.map((problem) => ({ ...problem, at: [...place, ...problem.at] }));
    }),
  );
}

const validSchemaProblems = memoize(findProblems, (schema: JsonSchema) => JSON.stringify(schema));

function findProblems(schema: JsonSchema): readonly Problem[] {
  const impossible = contradictions(schema);
  return [
    ...impossible,
    ...patternProblems(schema),
    ...(impossible.length > 0 ? [] : strictRefusals(schema)),
  ];
}

/** Parts that keep a server from enforcing the schema in strict mode; more answers then need a correction. */
function strictRefusals(root: JsonSchema): readonly Problem[] {
  const closed = closeObjects(root);
  if (toStrictSchema(closed).strict) return [];
  const parts =
    closed['type'] === 'object'
      ? refusedParts({ path: [], schema: closed })
      : [{ path: [], keyword: 'type' }];
  return parts.slice(0, MAX_REPORTED).map(({ path, keyword }) => ({
    severity: 'warning',
    code: 'not-strict',
    message: `strict mode cannot enforce this schema, because of ${cause(path, keyword)}`,
    hint: 'dd checks the answer anyway; a simpler schema needs fewer corrections',
    at: keyword === undefined ? path : [...path, keyword],
    onKey: true,
  }));
}

const MAX_REPORTED = 3;

interface RefusedPart {
  readonly path: Subschema['path'];
  /** The keyword that is refused; `undefined` when it is not a single one. */
  readonly keyword: string | undefined;
}

/** The innermost refused parts, found by converting each one, so that the rules stay in `strict-schema.ts`. */
function refusedParts(part: Subschema): readonly RefusedPart[] {
  const inner = subschemas(part).filter(({ schema }) => !isStrict(schema));
  if (inner.length > 0) return inner.flatMap(refusedParts);
  const { path, schema } = part;
  const keyword = Object.keys(schema).find((key) => {
    const { [key]: _, ...others } = schema;
    return isStrict(others);
  });
  return [{ path, keyword }];
}

const isStrict = (schema: JsonSchema): boolean =>
  toStrictSchema({ type: 'object', properties: { part: schema }, additionalProperties: false }).strict;

function cause(path: Subschema['path'], keyword: string | undefined): string {
  if (keyword === undefined) return `${partName(path)}: it has no fixed form`;
  return path.length === 0 && keyword === 'type'
    ? 'its `type`: the answer must be an object'
    : `\`${keyword}\` in ${partName(path)}`;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Finds the mistakes in an invalid schema. Only for schemas that did not compile, because it is slow. */
function metaschemaProblems(schema: JsonSchema): readonly Problem[] {
  const { $schema: _dialect, ...plain } = schema;
  const validate = new Ajv2020({ allErrors: true, logger: false }).getSchema(DIALECT);
  if (!validate || validate(plain) !== false) return [];
  const errors = (validate.errors ?? []).filter(
    ({ keyword }) => !['anyOf', 'allOf', '$ref'].includes(keyword),
  );
  const seen = new Set<string>();
  return errors
    .filter(({ instancePath }) => !seen.has(instancePath) && seen.add(instancePath))
    .map((error) => metaschemaProblem(error, plain));
}

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

function metaschemaProblem(error: ErrorObject, schema: JsonSchema): Problem {
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

export const schemas: Check = {
  name: 'schemas',
  run: ({ drafts, earlier }) => checkSchemas(drafts.columns, earlier),
};
