import { isObject, type Json, type JsonObject } from '../core/json.js';

/** True for messages of any format: a list of objects with a role. */
export function isConversation(value: Json | undefined): value is readonly JsonObject[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: Json) => isObject(item) && typeof item['role'] === 'string')
  );
}
