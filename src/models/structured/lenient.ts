import { isObject, type Json, type JsonSchema, jsonIn } from '../../core/json.js';
import { nestsTooDeep } from './brackets.js';
import { followRef } from '../../json-schema/pointer.js';

/**
 * Other readings of a value whose meaning is certain, the nearest first: JSON in a string, a list of one, an object
 * around it with the schema's name. They are for a value that is not valid as it is, and are checked like any other.
 */
export function readingsOf(value: Json, schema: JsonSchema): readonly Json[] {
  const readings: Json[] = [];
  let inner: Json | undefined = value;
  for (let layer = 0; inner !== undefined && layer < mostLayers; layer += 1) {
    if (layer > 0) readings.push(inner);
    const decoded = withDecodedStrings(inner, schema, schema);
    if (decoded !== inner) readings.push(decoded);
    inner = unwrapped(inner, schema);
  }
  return readings;
}

const mostLayers = 5;

function decodedString(text: string): Json | undefined {
  return nestsTooDeep(text) ? undefined : jsonIn(text.trim());
}

/** The value without its outermost layer; `undefined` when it has none. */
function unwrapped(value: Json, schema: JsonSchema): Json | undefined {
  if (typeof value === 'string') return decodedString(value);
  if (Array.isArray(value)) return value.length === 1 ? (value[0] as Json) : undefined;
  if (!isObject(value)) return undefined;
  const [[name, inner] = [], ...others] = Object.entries(value);
  if (name === undefined || others.length > 0 || isDeclared(name, schema)) return undefined;
  const { title } = schema;
  const isName = typeof title === 'string' && plain(name) === plain(title);
  return isName || wrapperNames.has(plain(name)) ? inner : undefined;
}

/** Names that say no more than "this is the answer". */
const wrapperNames: ReadonlySet<string> = new Set(
  'answer answers response output result results data json object record value item items list scores arguments parameters'.split(
    ' ',
  ),
);

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** A property of the schema is a part of the answer, and never its wrapper. */
function isDeclared(name: string, schema: JsonSchema): boolean {
  const { properties } = followRef(schema, schema) ?? schema;
  return isObject(properties) && Object.hasOwn(properties, name);
}

/** The value with each string that holds JSON decoded, where the schema wants another type than a string. */
function withDecodedStrings(value: Json, schema: JsonSchema, root: JsonSchema): Json {
  const here = followRef(schema, root) ?? schema;
  const types = typesOf(here);
  if (typeof value === 'string') {
    if (types.length === 0 || types.includes('string')) return value;
    const decoded = decodedString(value);
    return decoded !== undefined && types.includes(typeOf(decoded, types))
      ? withDecodedStrings(decoded, here, root)
      : value;
  }
  if (Array.isArray(value)) {
    const { items } = here;
    return isObject(items)
      ? changed(value, (member: Json) => withDecodedStrings(member, items, root))
      : value;
  }
  const { properties } = here;
  if (!isObject(value) || !isObject(properties)) return value;
  const entries = Object.entries(value);
  const decoded = entries.map(([name, member]): readonly [string, Json] => {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return [name, isObject(own) ? withDecodedStrings(member, own, root) : member];
  });
  return decoded.every(([, member], at) => member === entries[at]?.[1]) ? value : Object.fromEntries(decoded);
}

/** The list itself when nothing changed. */
function changed(list: readonly Json[], change: (member: Json) => Json): Json {
  const members = list.map(change);
  return members.every((member, at) => member === list[at]) ? list : members;
}

function typesOf({ type }: JsonSchema): readonly Json[] {
  return type === undefined ? [] : Array.isArray(type) ? type : [type];
}

/** The type's name in a schema; `null` in words (`"null"`) is never certain. */
function typeOf(value: Json, types: readonly Json[]): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number')
    return Number.isInteger(value) && types.includes('integer') ? 'integer' : 'number';
  return typeof value;
}
