/**
 * `row["Review text"]` reads the column `Review text`, whose name is no word. The tree gets the column's name in its
 * place, so that everything else sees a column. A template that defines `row` itself, as in `for row in rows`,
 * means its own.
 */
import { allChildren, child, children, identifierName, type Node } from './jinja-ast.js';
import { isOfRow } from './jinja-values.js';

/** Replaces every `row["…"]` of a template; false when there is none. */
export function readRowByName(program: Node): boolean {
  const bound = new Map<string, undefined>();
  const accesses: Node[] = [];
  collect(program, bound, accesses);
  if (bound.has('row')) return false;
  const readable = accesses.filter((node) => isOfRow(nameIn(node) ?? '', bound));
  for (const node of readable) {
    const value = nameIn(node);
    for (const field of Object.keys(node)) Reflect.deleteProperty(node, field);
    Object.assign(node, { type: 'Identifier', value });
  }
  return readable.length > 0;
}

/** True for the text of such a read. */
export const isRowAccess = (text: string): boolean => /^row\s*\[\s*['"]/.test(text);

function collect(node: Node, bound: Map<string, undefined>, accesses: Node[]): void {
  for (const name of definedBy(node)) bound.set(name, undefined);
  if (nameIn(node) !== undefined) accesses.push(node);
  for (const inner of allChildren(node)) collect(inner, bound, accesses);
}

function nameIn(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' || node['computed'] !== true) return undefined;
  const property = child(node, 'property');
  if (identifierName(child(node, 'object')) !== 'row' || property?.type !== 'StringLiteral') return undefined;
  return String(property['value']);
}

/** The names that a loop, a `set` or a macro defines. */
function definedBy(node: Node): readonly string[] {
  const targets = [child(node, 'loopvar'), child(node, 'assignee')].flatMap((target) =>
    target ? [target, ...children(target, 'value')] : [],
  );
  const args = node.type === 'Macro' ? [child(node, 'name'), ...children(node, 'args')] : [];
  const keywords = args.flatMap((arg) => (arg ? [arg, child(arg, 'key')] : []));
  return [...targets, ...keywords].flatMap((target) => identifierName(target) ?? []);
}
