/**
 * The part of `@huggingface/jinja`'s syntax tree that is read here. The library exports the tree but not its
 * types, so nodes are opened by field name, and unknown kinds are walked through by their children.
 */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The node in a field, when there is one. */
export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export function children(node: Node, field: string): readonly Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Every node directly below, in the order of the tree's fields. Operators are tokens, not nodes. */
export function allChildren(node: Node): readonly Node[] {
  return Object.entries(node).flatMap(([field, value]) => (field === 'operator' ? [] : nodesIn(value)));
}

export function identifierName(node: Node | undefined): string | undefined {
  return node?.type === 'Identifier' ? String(node['value']) : undefined;
}

function nodesIn(value: unknown): readonly Node[] {
  if (isNode(value)) return [value];
  if (Array.isArray(value)) return value.flatMap((item: unknown) => nodesIn(item));
  if (value instanceof Map) return [...value].flatMap(([key, inner]) => [...nodesIn(key), ...nodesIn(inner)]);
  return [];
}
