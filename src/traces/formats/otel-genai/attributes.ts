import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { decodedJson, listOf, objectOf, objectsOf, textOf } from '../../fields.js';

/**
 * Attributes of a span by their dotted name. Exporters write them flat (`llm.input_messages.0.message.role`), nested,
 * or as OTLP's lists of keys and typed values.
 */
export type Attributes = (name: string) => Json | undefined;

/** @param value in any of these forms, or as JSON text */
export function attributesOf(value: Json | undefined): Attributes {
  const flat = plainAttributes(value);
  let tree: JsonObject | undefined;
  return (name) => {
    if (Object.hasOwn(flat, name)) return flat[name] ?? undefined;
    tree ??= objectOf(nested(flat));
    let at: Json | undefined = tree;
    for (const part of name.split('.')) at = isObject(at) && Object.hasOwn(at, part) ? at[part] : undefined;
    return at ?? undefined;
  };
}

/** One object, whatever the form. */
export function plainAttributes(value: Json | undefined): JsonObject {
  if (typeof value === 'string') return objectOf(structureIn(value));
  return Array.isArray(value) ? keyValues(value) : objectOf(value);
}

function keyValues(list: Json): JsonObject {
  return Object.fromEntries(objectsOf(list).map(({ key, value }) => [String(key), plainValue(value)]));
}

/** The value of OTLP's `{ stringValue }`, `{ intValue }` and so on; other values are returned as they are. */
export function plainValue(value: Json | undefined): Json {
  if (!isObject(value)) return value ?? null;
  const [[type, inner] = ['', null]] = Object.entries(value);
  switch (type) {
    case 'stringValue':
    case 'boolValue':
    case 'doubleValue':
    case 'bytesValue':
      return inner;
    // 64-bit integers are text in JSON.
    case 'intValue':
      return typeof inner === 'string' ? Number(inner) : inner;
    case 'arrayValue':
      return listOf(objectOf(inner)['values'] ?? inner).map(plainValue);
    case 'kvlistValue':
      return keyValues(objectOf(inner)['values'] ?? inner);
    default:
      return value;
  }
}

/** More parts than any convention has. */
const MAX_PARTS = 16;

type Branch = Map<string, Json | Branch>;

/** Dotted keys as objects, numbered ones as lists: `{ 'a.0.b': 1 }` is `{ a: [{ b: 1 }] }`. */
export function nested(value: Json): Json {
  if (Array.isArray(value)) return value.map(nested);
  if (!isObject(value)) return value;
  const root: Branch = new Map();
  for (const [key, member] of Object.entries(value)) {
    const parts = key.split('.');
    insert(root, parts.length > MAX_PARTS ? [key] : parts, member);
  }
  return plain(root);
}

function insert(root: Branch, parts: readonly string[], value: Json): void {
  let branch = root;
  for (const part of parts.slice(0, -1)) {
    const next = branch.get(part);
    const child: Branch = next instanceof Map ? next : new Map(Object.entries(objectOf(next)));
    branch.set(part, child);
    branch = child;
  }
  const last = parts.at(-1) ?? '';
  const before = branch.get(last);
  if (before instanceof Map && isObject(value))
    for (const [key, member] of Object.entries(value)) before.set(key, member);
  else if (!(before instanceof Map)) branch.set(last, value);
}

function plain(branch: Branch): Json {
  const entries = Array.from(branch, ([key, value]): [string, Json] => [
    key,
    value instanceof Map ? plain(value) : value,
  ]);
  if (entries.length === 0 || !entries.every(([key]) => /^\d{1,6}$/.test(key)))
    return Object.fromEntries(entries);
  return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}

/** The object or list in a JSON text; `undefined` for any other text. Values that are no text stay as they are. */
export function structureIn(value: Json | undefined): Json | undefined {
  return typeof value === 'string' && !/^\s*[[{]/.test(value) ? undefined : decodedJson(value);
}

/** The first of these attributes that is there and not empty. */
export function firstOf(attributes: Attributes, names: readonly string[]): Json | undefined {
  for (const name of names) {
    const value = attributes(name);
    if (textOf(value) !== undefined) return value;
  }
  return undefined;
}
