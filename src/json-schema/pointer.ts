import { isObject, type Json, type JsonPath, type JsonSchema } from '../core/json.js';
import { valueAt } from '../core/paths.js';

/** The value that a JSON pointer (`/a/b~1c/0`) names; `undefined` when there is none. */
export function resolvePointer(root: Json, pointer: string): Json | undefined {
  const path = pointerPath(pointer);
  return path && valueAt(root, path);
}

/** Limits a chain of `$ref`s, which may be a cycle. */
const MOST_HOPS = 32;

/**
 * Follows a chain of local `$ref`s (`#/$defs/x`) to its end. Returns the schema itself when it has no `$ref`, and
 * `undefined` when the target is missing, in a cycle or in another file (those are bundled at load).
 */
export function followRef(schema: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  let here = schema;
  for (let hops = 0; hops <= MOST_HOPS; hops += 1) {
    const { $ref } = here;
    if (typeof $ref !== 'string') return here;
    const target = $ref.startsWith('#') ? resolvePointer(root, decode($ref.slice(1))) : undefined;
    if (!isObject(target)) return undefined;
    here = target;
  }
  return undefined;
}

/** The pointer in a URL fragment; unchanged when its encoding is invalid. */
export function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

/** The keys of a JSON pointer; `undefined` when it is not one. */
export function pointerPath(pointer: string): JsonPath | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
