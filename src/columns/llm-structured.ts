import type { JsonSchema } from '../core/json.js';
import { compileOutput } from '../json-schema/compile.js';
import { closeObjects, pruneUndeclared } from '../json-schema/closed-schema.js';
import { llmProperties, prepareLlmColumn, type LlmConfig } from './llm.js';
import type { ColumnType } from './types.js';

interface LlmStructuredConfig extends LlmConfig {
  readonly output_format: JsonSchema;
}

/**
 * `llm-structured`: a JSON value that matches `output_format`. Objects are closed unless the schema opens them:
 * undeclared fields are dropped, so that the column has the same type in every row.
 */
export const llmStructured: ColumnType<LlmStructuredConfig> = {
  type: 'llm-structured',
  summary: 'A JSON value written by a model that matches a JSON Schema.',
  schema: {
    properties: {
      ...llmProperties,
      output_format: {
        type: 'object',
        description:
          'JSON Schema (draft 2020-12) of the answer, or `{ $ref: file }`, relative to the recipe.',
      },
    },
    required: ['model_alias', 'prompt', 'output_format'],
  },
  prepare(config, report) {
    const schema = closeObjects(config.output_format);
    const compiled = compileOutput(schema);
    if (!compiled.ok) {
      report({
        code: 'invalid-schema',
        message: `output_format is not a valid JSON Schema: ${compiled.error}`,
        at: ['output_format'],
      });
    }
    const check = compiled.ok ? compiled.value.check : () => [];
    const output = { schema, check, coerce: pruneUndeclared(schema) };
    return prepareLlmColumn(config, { schema, output }, report);
  },
};
