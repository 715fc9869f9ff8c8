import { isObject, type Json } from '../../json.js';
import { byCodePoint } from './code-points.js';

/**
 * JSON text of a value: keys sorted by code point, `, ` and `: ` as separators, everything outside
 * printable ASCII escaped. This is how the reference writes tool-call arguments, and how values of
 * unexpected types become text here. Recursion is bounded by the reader's limit on nesting.
 */
export function jsonText(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let members = '';
  for (const key of Object.keys(value).sort(byCodePoint)) {
    members += `${members && ', '}${quoted(key)}: ${jsonText(value[key] ?? null)}`;
  }
  return `{${members}}`;
}

/** Most keys and many values are themselves between quotes; telling so is faster than to have them written. */
function quoted(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return /^[ -~]*$/.test(json)
    ? json
    : json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
