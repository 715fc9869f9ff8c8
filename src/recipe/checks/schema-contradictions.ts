import { isClosedByDefault } from '../../json-schema/closed-schema.js';
import { isObject, type Json, type JsonSchema } from '../../core/json.js';
import { correction } from '../../core/suggest.js';
import type { Problem } from '../../core/problem.js';
import { isList } from '../../core/paths.js';
import { typeOf } from '../../json-schema/possible-values.js';
import { allSubschemas, partName, type Subschema } from '../../json-schema/subschemas.js';

/** Parts of a schema that no value matches. Only simple cases: the general problem cannot be solved efficiently. */
export function contradictions(root: JsonSchema): readonly Problem[] {
  return allSubschemas(root).flatMap((part) => [
    ...limits(part),
    ...emptyChoices(part),
    ...foreignChoices(part),
    ...requiredFields(part),
  ]);
}

const PAIRS = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
] as const;

function limits({ path, schema }: Subschema): readonly Problem[] {
  return PAIRS.flatMap(([low, high]) => {
    const [least, most] = [schema[low], schema[high]];
    if (typeof least !== 'number' || typeof most !== 'number' || least <= most) return [];
    const message = `${partName(path)} can have no value: \`${low}\` ${least} is more than \`${high}\` ${most}`;
    return [{ code: 'unsatisfiable-schema', message, hint: 'are they mixed up?', at: [...path, low] }];
  });
}

function emptyChoices({ path, schema }: Subschema): readonly Problem[] {
  const { enum: choices } = schema;
  if (!isList(choices) || choices.length > 0) return [];
  const message = `${partName(path)} can have no value: its \`enum\` is empty`;
  return [
    { code: 'unsatisfiable-schema', message, hint: 'list the values it can have', at: [...path, 'enum'] },
  ];
}

/** Values of `enum` and `const` that are not of the `type` beside them. */
function foreignChoices({ path, schema }: Subschema): readonly Problem[] {
  const { type, enum: choices, const: constant } = schema;
  if (type === undefined) return [];
  const types = [type].flat();
  const isForeign = (value: Json): boolean =>
    !types.includes(typeOf(value)) && !(types.includes('number') && typeof value === 'number');
  const hint = (value: Json): Pick<Problem, 'hint'> =>
    types.includes('string') && (typeof value === 'number' || typeof value === 'boolean')
      ? { hint: `in quotes: "${String(value)}"` }
      : {};
  const problemOf = (value: Json, key: string, index?: number): Problem => ({
    code: 'unsatisfiable-schema',
    message: `\`${JSON.stringify(value)}\` is not of the type of ${partName(path)}, ${types.join(' or ')}`,
    ...hint(value),
    at: [...path, key, ...(index === undefined ? [] : [index])],
  });
  if (constant !== undefined) return isForeign(constant) ? [problemOf(constant, 'const')] : [];
  const listed = isList(choices) ? choices : [];
  if (listed.length > 1 && listed.every(isForeign)) {
    const message = `no value of \`enum\` is of the type of ${partName(path)}, ${types.join(' or ')}`;
    return [{ code: 'unsatisfiable-schema', message, ...hint(listed[0] ?? null), at: [...path, 'enum'] }];
  }
  return listed.flatMap((value, index) => (isForeign(value) ? [problemOf(value, 'enum', index)] : []));
}

/** Required fields that are not allowed. Objects are closed unless the schema opens them. */
function requiredFields({ path, schema }: Subschema): readonly Problem[] {
  const { required, patternProperties } = schema;
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  if (!isList(required)) return [];
  const isClosed = schema['additionalProperties'] === false || isClosedByDefault(schema);
  return required.flatMap((name, index) => {
    if (typeof name !== 'string') return [];
    const at = [...path, 'required', index];
    if (Object.hasOwn(properties, name) && properties[name] === false)
      return [
        {
          code: 'unsatisfiable-schema',
          message: `the field \`${name}\` is required, but its schema allows no value`,
          hint: 'remove it from `required`, or give it a schema',
          at,
        },
      ];
    if (!isClosed || patternProperties !== undefined || Object.hasOwn(properties, name)) return [];
    return [
      {
        code: 'unsatisfiable-schema',
        message: `the field \`${name}\` is required, but not in the \`properties\` of ${partName(path)}`,
        ...correction(
          name,
          Object.keys(properties).filter((key) => !required.includes(key)),
          'add it to `properties`',
        ),
        at,
      },
    ];
  });
}
