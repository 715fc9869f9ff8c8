/** Reading fields of records from untrusted files: every type is possible everywhere. */
import { isObject, jsonIn, type Json, type JsonObject } from '../core/json.js';
import { isTooDeep } from '../core/paths.js';
import { wellFormed } from '../core/well-formed.js';
import { byCodePoint } from '../core/code-points.js';

/** A field as text; `undefined` when it is missing, null or empty. Other types become JSON text. */
export function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : jsonText(value);
}

/** An identifier: a non-empty string, or a number as text. */
export function idOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? textOf(value) : undefined;
}

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/**
 * A field that may hold JSON as text; `undefined` when the text is no JSON, or is nested too deeply. Like a record of a
 * file, it has no half characters.
 */
export function decodedJson(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string') return value;
  const decoded = jsonIn(value);
  return decoded === undefined || isTooDeep(decoded, 100) ? undefined : wellFormed(decoded);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** The objects among the entries of a list. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).filter(isObject);
}

/** The first value that is text, in the order given. */
export function firstText(values: Iterable<Json | undefined>): string | undefined {
  for (const value of values) {
    const text = textOf(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The values that are text, each once, in order of appearance. */
export function distinctTexts(values: Iterable<Json | undefined>): readonly string[] {
  const texts = new Set<string>();
  for (const value of values) {
    const text = textOf(value);
    if (text !== undefined) texts.add(text);
  }
  return [...texts];
}

/** An object without the keys whose value is `undefined`. */
export function compact(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

/** The value itself; `undefined` for an empty list or object. */
export function filled<T extends Json>(value: T): T | undefined {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isEmpty ? undefined : value;
}

/** The sum of one field over all records; values that are not numbers count as 0. */
export function sumOf(records: readonly JsonObject[], key: string): number {
  return records.reduce((sum, { [key]: value }) => sum + (typeof value === 'number' ? value : 0), 0);
}

/** The sums of what answers used, by a tool's own names for the four kinds of tokens; `undefined` without usages. */
export function tokenSums(
  usages: readonly JsonObject[],
  [input, output, written, read]: readonly [input: string, output: string, written: string, read: string],
): JsonObject | undefined {
  if (usages.length === 0) return undefined;
  return {
    input_tokens: sumOf(usages, input),
    output_tokens: sumOf(usages, output),
    cache_creation_input_tokens: sumOf(usages, written),
    cache_read_input_tokens: sumOf(usages, read),
  };
}

/**
 * JSON text of a value: keys sorted by code point, `, ` and `: ` as separators, everything outside
 * printable ASCII escaped. Data Designer writes tool-call arguments in this way. Recursion is bounded by the
 * reader's limit on nesting.
 */
export function jsonText(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let members = '';
  for (const key of Object.keys(value).sort(byCodePoint)) {
    members += `${members && ', '}${quoted(key)}: ${jsonText(value[key] ?? null)}`;
  }
  return `{${members}}`;
}

/** Most keys and many values need no escaping; checking that is faster than `JSON.stringify`. */
function quoted(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return /^[ -~]*$/.test(json)
    ? json
    : json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
