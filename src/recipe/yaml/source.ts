import { isAlias, isMap, isScalar, isSeq, Scalar, type Document, type Node, type Pair } from 'yaml';

import type { JsonPath } from '../../core/json.js';
import type { Span } from '../../core/problem.js';
import { isMerge, keyText, spanOf } from './nodes.js';
import { spanInScalar } from './scalar-offsets.js';
import type { RecipeSource } from '../recipe-source.js';

type LocateOptions = NonNullable<Parameters<RecipeSource['locate']>[1]>;

/** The node at a path, or the nearest one that encloses it. */
interface Found {
  readonly node: Node | null;
  /** The map entry whose value `node` is. */
  readonly pair: Pair | undefined;
  readonly isExact: boolean;
}

/**
 * Looks up the place of a value in the text. The YAML library keeps the range of each node, so a path is followed
 * through the nodes, through aliases (`*x`) and merges (`<<`), to its node. Parts of a string are then mapped to the
 * text by `scalar-offsets.ts`. Data that changed after parsing is mapped back first, by `derived-source.ts`.
 */
export function createSource(file: string, text: string, document: Document): RecipeSource {
  return {
    file,
    text,
    locate: (path, options = {}) => placeOf(find(document, path), document, text, options),
    flagAt: () => undefined,
  };
}

/** A source without text, for a file that could not be read. */
export function emptySource(file: string): RecipeSource {
  return { file, text: '', locate: () => ({ offset: 0, length: 0 }), flagAt: () => undefined };
}

function find(document: Document, path: JsonPath): Found {
  let found: Found = { node: document.contents as Node | null, pair: undefined, isExact: true };
  for (const key of path) {
    const next = child(followAlias(found.node, document), String(key), document);
    if (!next) return { ...found, isExact: false };
    found = next;
  }
  return found;
}

function child(node: Node | null, key: string, document: Document): Found | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? undefined : { node: item as Node | null, pair: undefined, isExact: true };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => keyText(item) === key);
  if (pair) return { node: pair.value as Node | null, pair, isExact: true };
  return node.items
    .filter(isMerge)
    .flatMap((merge) => mergedMaps(merge.value as Node | null, document))
    .map((merged) => child(merged, key, document))
    .find((found) => found !== undefined);
}

/** The maps that `<<: *defaults` or `<<: [*a, *b]` merges. */
function mergedMaps(value: Node | null, document: Document): (Node | null)[] {
  const node = followAlias(value, document);
  return isSeq(node) ? node.items.map((item) => followAlias(item as Node | null, document)) : [node];
}

function followAlias(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function placeOf(found: Found, document: Document, text: string, options: LocateOptions): Span {
  const { node, pair, isExact } = found;
  if (isExact && options.within) {
    const scalar = options.onKey ? (pair?.key as Node) : followAlias(node, document);
    if (isScalar(scalar) && typeof scalar.value === 'string') {
      return spanInScalar(text, scalar, scalar.value, options.within);
    }
  }
  const key = pair && spanOf(pair.key as Node);
  if (key && ((isExact && options.onKey) || !isShownItself(node))) return key;
  return node ? firstLine(text, spanOf(node)) : (key ?? { offset: 0, length: 0 });
}

/** False for blocks, which start on the line after their key, and for empty values: these are shown by their key. */
function isShownItself(node: Node | null): boolean {
  if (isMap(node) || isSeq(node)) return node.flow === true;
  if (!isScalar(node)) return node !== null;
  return node.type !== Scalar.BLOCK_LITERAL && node.type !== Scalar.BLOCK_FOLDED && spanOf(node).length > 0;
}

function firstLine(text: string, span: Span): Span {
  const line = text.slice(span.offset, span.offset + span.length).split(/\r?\n/, 1)[0] ?? '';
  return { offset: span.offset, length: line.trimEnd().length };
}
