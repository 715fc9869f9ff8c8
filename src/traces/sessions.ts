/** The items with the same key, in their order. */
export function groupBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
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
