import type { JsonObject } from '../core/json.js';

/** The records with the same key, in their order. */
export function groupBy<Key>(
  records: readonly JsonObject[],
  keyOf: (record: JsonObject) => Key,
): ReadonlyMap<Key, readonly JsonObject[]> {
  const groups = new Map<Key, JsonObject[]>();
  for (const record of records) {
    const key = keyOf(record);
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  return groups;
}

/** By the id of a session, the id of the one that started it. */
export type Parents = ReadonlyMap<string | undefined, string | undefined>;

/** The session at the top. A circle of parents ends before a session would repeat. */
export function rootOf(id: string, parents: Parents): string {
  const seen = new Set([id]);
  let root = id;
  for (
    let parent = parents.get(id);
    parent !== undefined && !seen.has(parent);
    parent = parents.get(parent)
  ) {
    seen.add(parent);
    root = parent;
  }
  return root;
}
