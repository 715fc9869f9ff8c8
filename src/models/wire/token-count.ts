import type { Json } from '../../json.js';

/** A number of tokens, where a server says one. */
export function tokenCount(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
