import { isMap, isNode, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Span } from '../../core/problem.js';

/**
 * Visits every node once, parents first. A node that `visit` returns replaces the visited one. Faster than the
 * library's `visit`, because it does not keep the path of each node.
 *
 * @param isKey true when the node is the key of a map entry
 */
export function visitNodes<T>(
  given: T,
  visit: (node: Node, isKey: boolean) => Node | undefined,
  isKey = false,
): T | Node {
  if (!isNode(given)) return given;
  const node = visit(given, isKey) ?? given;
  if (isSeq(node)) node.items = node.items.map((item) => visitNodes(item, visit));
  if (isMap(node)) {
    for (const pair of node.items) {
      pair.key = visitNodes(pair.key, visit, true);
      pair.value = visitNodes(pair.value, visit);
    }
  }
  return node;
}

/** The place of a node in the text. */
export function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { offset: start, length: end - start };
}

/** The key of a map entry as text; `undefined` for the `<<` of a merge. */
export function keyText(pair: Pair): string | undefined {
  const { key } = pair;
  if (!isScalar(key) || typeof key.value === 'symbol') return undefined;
  return key.value === null ? '' : String(key.value);
}

export function isMerge(pair: Pair): boolean {
  return isScalar(pair.key) && typeof pair.key.value === 'symbol';
}
