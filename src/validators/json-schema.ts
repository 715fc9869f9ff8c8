import { jsonIn, type Json, type JsonSchema } from '../core/json.js';
import { ok } from '../core/result.js';
import { compileOutput, type OutputCheck } from '../json-schema/compile.js';
import { possibleTypes } from '../json-schema/possible-values.js';
import { judged, RESULT_WITH_MESSAGES } from './messages.js';
import type { ValidatorType } from './types.js';

type SchemaParams = { readonly schema: JsonSchema };

/** `json_schema`: the value of each target column against a schema. Text that holds JSON is parsed. */
export const jsonSchema: ValidatorType<SchemaParams> = {
  type: 'json_schema',
  summary: 'A JSON Schema that the value, or the JSON in its text, must match.',
  schema: {
    properties: {
      schema: {
        type: 'object',
        description: 'JSON Schema (draft 2020-12), or `{ $ref: file }`, relative to the recipe.',
      },
    },
    required: ['schema'],
  },
  prepare({ schema }, report) {
    const compiled = compileOutput(schema);
    if (!compiled.ok)
      report({
        code: 'invalid-schema',
        message: `schema is not a valid JSON Schema: ${compiled.error}`,
        at: ['schema'],
      });
    const { check }: OutputCheck = compiled.ok ? compiled.value : { check: () => [] };
    const allowsText = possibleTypes(schema)?.includes('string') === true;
    return {
      checks: 'column',
      result: RESULT_WITH_MESSAGES,
      validate: async (value) => ok(judged(mistakesIn(value, check, allowsText))),
    };
  },
};

/** Text is valid as it is where the schema names text among its types; else it is the JSON that it holds. */
function mistakesIn(value: Json, check: OutputCheck['check'], allowsText: boolean): readonly string[] {
  if (typeof value !== 'string') return ofValue(check(value));
  const asText = allowsText ? check(value) : undefined;
  if (asText?.length === 0) return [];
  const parsed = jsonIn(value);
  if (parsed === undefined) return asText ? ofValue(asText) : ['the text is not JSON'];
  return ofValue(check(parsed));
}

/** The sentences of the check are written for a model that answers. */
const ofValue = (sentences: readonly string[]): readonly string[] =>
  sentences.map((sentence) => sentence.replace(/^the answer /, 'the value '));
