import { isObject, type Json, type JsonSchema } from '../core/json.js';
import { followRef } from './pointer.js';
import { isList } from '../core/paths.js';

/** A single value of JSON. */
export type Scalar = string | number | boolean | null;

/** The maximum depth of unions within unions. */
const MOST_NESTED = 8;

/** Every value that a schema allows, if it lists them; `undefined` when it allows others or that is not known. */
export function possibleValues(schema: JsonSchema): readonly Scalar[] | undefined {
  return fromBranches(schema, schema, MOST_NESTED, (branch) => {
    const { enum: choices, const: constant, type } = branch;
    if (constant !== undefined) return isScalar(constant) ? [constant] : undefined;
    if (isList(choices)) return choices.every(isScalar) ? choices : undefined;
    const types = typesOf(type);
    const isSmall = types?.every((name) => name === 'boolean' || name === 'null') === true;
    return isSmall
      ? types.flatMap((name): Scalar[] => (name === 'null' ? [null] : [true, false]))
      : undefined;
  });
}

/** The JSON Schema types that values of a schema can have; `undefined` when they are not known. */
export function possibleTypes(schema: JsonSchema): readonly string[] | undefined {
  const types = fromBranches(schema, schema, MOST_NESTED, ({ type, enum: choices, const: constant }) => {
    const listed = constant === undefined ? choices : [constant];
    return isList(listed) ? listed.map(typeOf) : typesOf(type);
  });
  return types && [...new Set(types)];
}

/** The JSON Schema types in plain words. */
export const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** The JSON Schema type of a value. */
export function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function fromBranches<T>(
  given: JsonSchema,
  root: JsonSchema,
  levels: number,
  read: (branch: JsonSchema) => readonly T[] | undefined,
): readonly T[] | undefined {
  const schema = followRef(given, root);
  if (!schema || levels === 0 || schema['allOf'] !== undefined || schema['if'] !== undefined)
    return undefined;
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (!isList(union)) return read(schema);
  const branches = union.map((branch) =>
    isObject(branch) ? fromBranches(branch, root, levels - 1, read) : undefined,
  );
  return branches.every((branch) => branch !== undefined) ? branches.flat() : undefined;
}

function typesOf(type: Json | undefined): readonly string[] | undefined {
  if (type === undefined) return undefined;
  const types = [type].flat();
  return types.every((name): name is string => typeof name === 'string') ? types : undefined;
}

const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null;
