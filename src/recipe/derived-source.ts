import type { JsonPath } from '../core/json.js';
import type { Span } from '../core/problem.js';
import type { Override } from './params/overrides.js';
import { pathKey, startsWith } from '../core/paths.js';
import type { Replacement } from './params/substitute.js';
import type { RecipeSource } from './recipe-source.js';

/** The changes to the data since it was parsed. */
export interface Derivation {
  /** Path of the recipe in the data of the file. */
  readonly prefix: JsonPath;
  /** Params that were filled into strings, by `pathKey`. */
  readonly replacements: ReadonlyMap<string, readonly Replacement[]>;
  readonly overrides: readonly Override[];
}

/** Maps paths and offsets of the changed data to places in the original text. */
export function derivedSource(
  source: RecipeSource,
  { prefix, replacements, overrides }: Derivation,
): RecipeSource {
  return {
    ...source,
    locate(path, { within, ...options } = {}) {
      const written = within && toWritten(within, replacements.get(pathKey(path)) ?? []);
      return source.locate([...prefix, ...path], written ? { ...options, within: written } : options);
    },
    flagAt: (path) => overrides.findLast((override) => startsWith(path, override.path))?.flag,
  };
}

/** Masks parts of the text, so that they cannot be shown. */
export function withoutText(source: RecipeSource, spans: readonly Span[]): RecipeSource {
  return { ...source, text: spans.reduce(mask, source.text) };
}

function mask(text: string, { offset, length }: Span): string {
  const end = offset + length;
  return text.slice(0, offset) + text.slice(offset, end).replaceAll(/\S/g, '•') + text.slice(end);
}

/** Converts a span of the changed string to a span of the original one. */
function toWritten(within: Span, replacements: readonly Replacement[]): Span {
  const start = writtenOffset(within.offset, replacements, 'start');
  const end = writtenOffset(within.offset + within.length, replacements, 'end');
  return { offset: start, length: Math.max(0, end - start) };
}

/** An offset inside a replacement maps to the start or the end of the placeholder. */
function writtenOffset(offset: number, replacements: readonly Replacement[], edge: 'start' | 'end'): number {
  let shift = 0;
  for (const { from, to } of replacements) {
    const end = to.offset + to.length;
    if (offset < to.offset || (edge === 'end' && offset === to.offset)) break;
    if (offset < end || (edge === 'end' && offset === end)) {
      return edge === 'start' ? from.offset : from.offset + from.length;
    }
    shift = from.offset + from.length - end;
  }
  return offset + shift;
}
