import type { Json } from '../../json.js';
import { isTooDeep } from '../../recipe/paths.js';

/** Deeper JSON is treated as plain text: what walks through values is recursive. */
const MAX_DEPTH = 100;

/** The list or object that a text is the JSON of; `undefined` when it is none, or nested too deeply. */
export function parseJson(text: string): Json | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return isTooDeep(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}
