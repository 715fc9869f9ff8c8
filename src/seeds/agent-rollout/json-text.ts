import { isObject, type Json } from '../../json.js';
import { byCodePoint } from './code-points.js';

/**
 * JSON text of a value: keys sorted by code point, `, ` and `: ` as separators, everything outside
 * printable ASCII escaped. This is how the reference writes tool-call arguments, and how values of
 * unexpected types become text here. Recursion is bounded by the reader's limit on nesting.
 */
export function jsonText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).sort(([a], [b]) => byCodePoint(a, b));
    return `{${members.map(([key, member]) => `${quoted(key)}: ${jsonText(member)}`).join(', ')}}`;
  }
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value);
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return /^[ -~]*$/.test(json)
    ? json
    : json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
