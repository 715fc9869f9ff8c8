import { isObject, type Json, type JsonObject, type JsonSchema } from '../core/json.js';
import { compileOutput } from '../json-schema/compile.js';
import { followRef } from '../json-schema/pointer.js';
import { ownCodeProperties, prepareOwnCode, type OwnCodeConfig } from './own-code.js';
import { VALIDITY, type ValidatorType } from './types.js';

type CustomParams = OwnCodeConfig & { readonly schema?: JsonSchema };

/** `custom`: code of the person's own gets the target columns and answers `{ is_valid, … }`. */
export const custom: ValidatorType<CustomParams> = {
  type: 'custom',
  summary: 'Code of your own that gets the target columns: a function of a plugin, a command or a service.',
  schema: {
    properties: {
      ...ownCodeProperties,
      schema: {
        type: 'object',
        description: 'JSON Schema of a result, an object with `is_valid`, or `{ $ref: file }`.',
      },
    },
    required: [],
    rules: { oneOf: ['function', 'command', 'url'].map((key) => ({ required: [key] })) },
  },
  prepare(params, report, { name, batchSize, functions = new Map() }) {
    const { schema } = params;
    const compiled = schema && compileOutput(schema);
    if (compiled && !compiled.ok)
      report({
        code: 'invalid-schema',
        message: `schema is not a valid JSON Schema: ${compiled.error}`,
        at: ['schema'],
      });
    const ofSchema = compiled?.ok ? compiled.value.check : (): readonly string[] => [];
    const result = withValidity(schema ?? {});
    const code = prepareOwnCode(
      { ...params, batch_size: batchSize },
      { column: name, functions, result, check: (made) => mistakesIn(made, ofSchema), report },
    );
    return {
      checks: 'row',
      result,
      ...(code.program && { program: code.program }),
      ...(code.sends && { sends: code.sends }),
      validate: (values, { models, index }) => code.run(values, { models, index }),
    };
  },
};

function mistakesIn(made: JsonObject, ofSchema: (value: Json) => readonly string[]): readonly string[] {
  const valid = Object.hasOwn(made, 'is_valid') ? made['is_valid'] : undefined;
  if (typeof valid !== 'boolean' && valid !== null) return ['`is_valid` must be true, false or null'];
  return ofSchema(made).map((sentence) => sentence.replace(/^the answer /, 'it '));
}

function withValidity(schema: JsonSchema): JsonSchema {
  const { properties, required, ...rest } = followRef(schema, schema) ?? {};
  const named = Array.isArray(required) ? (required as readonly Json[]) : [];
  return {
    ...(schema['$defs'] !== undefined && { $defs: schema['$defs'] }),
    ...rest,
    type: 'object',
    properties: { is_valid: VALIDITY, ...(isObject(properties) ? properties : {}) },
    required: [...new Set(['is_valid', ...named])],
  };
}
