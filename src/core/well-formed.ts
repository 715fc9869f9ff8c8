import { isObject, type Json } from './json.js';

/**
 * The value with U+FFFD in place of lone surrogates. JSON can write half a character (`"\ud83d"`), and so can code
 * that cuts a text, but no UTF-8 file can hold it: readers of JSON Lines refuse the whole file. Returns the value
 * itself when all its texts are well-formed, as nearly all are.
 */
export function wellFormed<Value extends Json>(value: Value): Value;
export function wellFormed(value: Json): Json {
  if (isWellFormed(value)) return value;
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map((member: Json) => wellFormed(member));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]);
  return Object.fromEntries(entries) as Json;
}

/** Runs over every value of every row, so it allocates nothing. */
function isWellFormed(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  for (const key in value)
    if (!key.isWellFormed() || !isWellFormed((value as Readonly<Record<string, Json>>)[key] ?? null))
      return false;
  return true;
}
