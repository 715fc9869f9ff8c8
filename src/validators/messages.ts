import type { JsonObject, JsonSchema } from '../core/json.js';
import { VALIDITY } from './types.js';

/** The result of validators that say what is wrong in words. */
export const RESULT_WITH_MESSAGES: JsonSchema = {
  type: 'object',
  properties: { is_valid: VALIDITY, error_messages: { type: ['string', 'null'] } },
  required: ['is_valid', 'error_messages'],
  additionalProperties: false,
};

/** @param messages one line each; none for a valid value */
export function judged(messages: readonly string[]): JsonObject {
  return { is_valid: messages.length === 0, error_messages: messages.join('\n') };
}
