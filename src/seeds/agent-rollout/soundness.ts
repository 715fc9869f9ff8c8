import { isObject, type Json, type JsonObject } from '../../json.js';
import { isTooDeep } from '../../recipe/paths.js';

/** Deeper values are refused: everything behind the reader may then recurse without fear for the stack. */
const MAX_DEPTH = 100;

/**
 * What all readers may rely on. JSON can spell halves of characters (`"\ud800"`) that no text file can
 * hold; U+FFFD stands for them.
 *
 * @returns the record, repaired where need be; `undefined` when it is nested too deeply
 */
export function soundRecord(record: JsonObject): JsonObject | undefined {
  if (isSound(record, MAX_DEPTH)) return record;
  return isTooDeep(record, MAX_DEPTH) ? undefined : (repaired(record) as JsonObject);
}

/** Looks at every value of every record, so it makes no lists of them, and takes the keys on trust. */
function isSound(value: readonly Json[] | JsonObject, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const member of value as readonly Json[]) if (!isSoundMember(member, depth)) return false;
    return true;
  }
  const members = value as JsonObject;
  for (const key in members) if (!isSoundMember(members[key], depth)) return false;
  return true;
}

function isSoundMember(value: Json | undefined, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  return typeof value !== 'object' || value === null || isSound(value, depth - 1);
}

function repaired(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(repaired);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key.toWellFormed(), repaired(member)]);
  return Object.fromEntries(entries) as JsonObject;
}
