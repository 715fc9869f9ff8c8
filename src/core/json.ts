/** JSON values as they come from recipes, traces, models and the answer store. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON Schema (draft 2020-12). Kept as plain JSON: recipes, models and Parquet all read the same one. */
export type JsonSchema = JsonObject;

/** A path into a JSON value: object keys and array indices. */
export type JsonPath = readonly (string | number)[];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * JSON text that is the same for equal values: keys sorted at every level, no whitespace.
 * Used where a value is hashed or compared.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value))
    return `[${value.map((member: Json) => canonicalJson(member ?? null)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let members = '';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members && ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** By code unit, but whole numbers first and by value: the order in which a JavaScript object lists its keys. */
function sortedKeys(value: JsonObject): readonly string[] {
  const keys = Object.keys(value).sort();
  return keys.some(startsWithDigit) ? Object.keys(Object.fromEntries(keys.map((key) => [key, null]))) : keys;
}

function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

/** An object's own member, ignoring its prototype. */
export function ownValue(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The value of a JSON text; `undefined` when it is not valid JSON. */
export function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Deeper nesting is an attack or an accident, and would overflow the stack of recursive code. */
const deepest = 100;

/** Whether lists and objects are nested deeper than code that walks a value can go. */
export function nestsTooDeep(value: Json, depth = deepest): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member: Json) => nestsTooDeep(member, depth - 1));
}

/** The value of a JSON text from outside; `undefined` also when it is nested too deeply. */
export function shallowJsonIn(text: string): Json | undefined {
  const value = jsonIn(text);
  return value === undefined || nestsTooDeep(value) ? undefined : value;
}
