import { isObject, type Json, type JsonPath } from './json.js';

/** The value at a path; `undefined` when there is none. */
export function valueAt(value: Json | undefined, path: JsonPath): Json | undefined {
  let at = value;
  for (const key of path) {
    if (isList(at)) at = at[Number(key)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

/** A path as the key of a map or a set. */
export const pathKey = (path: JsonPath): string => JSON.stringify(path);

export function startsWith(path: JsonPath, start: JsonPath): boolean {
  return start.every((key, index) => path[index] === key);
}

/** Deeper than any real recipe or schema; keeps recursive functions from overflowing the stack. */
export const MAX_DEPTH = 64;

export function isTooDeep(value: Json, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner: Json) => isTooDeep(inner, levels - 1));
}

export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** The list under a key; empty when it is missing or not a list. */
export function getList(object: object, key: string): readonly Json[] {
  const value: unknown = Object.hasOwn(object, key) ? object[key as keyof typeof object] : undefined;
  return isList(value) ? value : [];
}

/** The name of a list entry: its `name`, or its `alias`. */
export function entryName(entry: unknown): string | undefined {
  if (!isObject(entry)) return undefined;
  const name = entry['name'] ?? entry['alias'];
  return typeof name === 'string' ? name : undefined;
}
