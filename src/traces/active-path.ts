import type { JsonObject } from '../core/json.js';
import { idOf } from './fields.js';

/**
 * The entries from the root to the last one in the file: the conversation as the user left it. An entry with an
 * unknown parent follows the entry before it in the file, which is right for the oldest, linear files and bridges
 * lines that could not be read. An explicit `parentId: null` is a root.
 */
export function activePath(
  entries: readonly JsonObject[],
  idKey = 'id',
  parentKey = 'parentId',
): readonly JsonObject[] {
  const positions = new Map<string, number>();
  for (const [position, entry] of entries.entries()) {
    const id = idOf(entry[idKey]);
    if (id !== undefined) positions.set(id, position);
  }
  const path: JsonObject[] = [];
  const visited = new Set<number>();
  let position = entries.length - 1;
  for (let entry = entries[position]; entry && !visited.has(position); entry = entries[position]) {
    visited.add(position);
    path.push(entry);
    const parentId = entry[parentKey];
    if (parentId === null) break;
    position = positions.get(idOf(parentId) ?? '') ?? position - 1;
  }
  return path.toReversed();
}
