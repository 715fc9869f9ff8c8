import type { JsonSchema } from '../../core/json.js';

/** Types of what training files hold, for Parquet. */

export const TEXT: JsonSchema = { type: 'string' };

export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

export const objectOf = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

/** Messages in OpenAI's shape; the arguments of calls are JSON text. */
export const MESSAGES: JsonSchema = listOf(
  objectOf({
    role: TEXT,
    content: TEXT,
    tool_calls: listOf(
      objectOf({ id: TEXT, type: TEXT, function: objectOf({ name: TEXT, arguments: TEXT }) }),
    ),
    tool_call_id: TEXT,
    name: TEXT,
  }),
);

/** Definitions of tools: JSON Schemas have no fixed shape, so they become JSON text. TRL reads it. */
export const TOOLS: JsonSchema = {};
