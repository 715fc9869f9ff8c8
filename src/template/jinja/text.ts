import type { Budget } from '../../sandbox/budget.js';
import { isNum, numberText } from './numbers.js';
import {
  Callable,
  Dict,
  entriesOf,
  isList,
  keyText,
  Namespace,
  uncalled,
  Undefined,
  type Value,
} from './values.js';

/** The text that a value prints as: `null` as nothing, lists and objects as JSON. */
export function textOf(value: Value, budget: Budget): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'boolean') return String(value);
  if (isNum(value)) return numberText(value);
  if (value instanceof Undefined) {
    if (value.mistake !== undefined) throw new Error(value.mistake);
    return '';
  }
  if (value instanceof Callable) throw uncalled(value);
  return jsonText(value, budget);
}

export interface JsonStyle {
  /** Spaces, or nothing for one line. */
  readonly indent?: string | undefined;
  readonly separators?: readonly [string, string] | undefined;
  readonly isAscii?: boolean;
  readonly sortKeys?: boolean;
}

/** JSON as Python writes it. */
export function jsonText(value: Value, budget: Budget, style: JsonStyle = {}): string {
  const [comma, colon] = style.separators ?? [style.indent === undefined ? ', ' : ',', ': '];
  const quoted = (text: string): string => {
    const json = JSON.stringify(text);
    // Characters beyond U+FFFF become two escapes, as JSON has it.
    return style.isAscii ? json.replaceAll(/[\u007f-\uffff]/g, escapeUnit) : json;
  };
  let length = 0;
  const counted = (text: string): string => {
    length += text.length;
    budget.text(length);
    return text;
  };
  const write = (node: Value, depth: number): string => {
    if (typeof node === 'string') return counted(quoted(node));
    if (isNum(node)) return counted(jsonNumber(numberText(node)));
    if (node === null || node instanceof Undefined) return counted('null');
    if (typeof node === 'boolean') return counted(String(node));
    if (node instanceof Callable) throw uncalled(node);
    if (isList(node))
      return wrapped(
        '[',
        node.map((item) => write(item, depth + 1)),
        ']',
        depth,
      );
    let entries = entriesOf(node instanceof Namespace ? Dict.make(node.fields) : node);
    if (style.sortKeys) entries = entries.toSorted(([a], [b]) => (keyText(a) < keyText(b) ? -1 : 1));
    const fields = entries.map(
      ([key, inner]) => `${counted(quoted(keyText(key)))}${colon}${write(inner, depth + 1)}`,
    );
    return wrapped('{', fields, '}', depth);
  };
  const wrapped = (open: string, items: readonly string[], close: string, depth: number): string => {
    length += open.length + close.length + items.length * comma.length;
    budget.text(length);
    if (style.indent === undefined || items.length === 0) return `${open}${items.join(comma)}${close}`;
    length += items.length * style.indent.length * (depth + 1);
    budget.text(length);
    const line = `\n${style.indent.repeat(depth)}`;
    return `${open}${line}${style.indent}${items.join(`${comma}${line}${style.indent}`)}${line}${close}`;
  };
  return write(value, 0);
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

const NOT_FINITE: Readonly<Record<string, string>> = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

const jsonNumber = (text: string): string => NOT_FINITE[text] ?? text;
