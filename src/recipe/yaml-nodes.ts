import { isMap, isNode, isSeq, type Node } from 'yaml';

/**
 * Looks at every node once, those above first; a node that `look` gives takes the other's place. The library's
 * `visit` also tells the way to each node, which takes longer than all that is looked for here.
 *
 * @param isKey whether the node is itself the key of a map's entry
 */
export function eachNode<T>(
  given: T,
  look: (node: Node, isKey: boolean) => Node | undefined,
  isKey = false,
): T | Node {
  if (!isNode(given)) return given;
  const node = look(given, isKey) ?? given;
  if (isSeq(node)) node.items = node.items.map((item) => eachNode(item, look));
  if (isMap(node)) {
    for (const pair of node.items) {
      pair.key = eachNode(pair.key, look, true);
      pair.value = eachNode(pair.value, look);
    }
  }
  return node;
}
