import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { valueAt, type Filter } from './types.js';

/** Compiles what a person typed; throws a `SyntaxError` for a text that is no regular expression. */
function compilePattern(source: string): RegExp {
  try {
    return new RegExp(source, 'iu');
  } catch {
    // Without `u`, a backslash may precede any character.
    return new RegExp(source, 'i');
  }
}

/** Whether a value is what a filter asks for. */
export type Matcher = (value: Json | undefined) => boolean;

/** Throws a `SyntaxError` for `matches` with a text that is no regular expression. */
export function matcherOf({ operator, value: typed }: Filter): Matcher {
  const number = typed.trim() === '' ? NaN : Number(typed);
  const lower = typed.toLowerCase();
  const compare = (holds: (sign: number) => boolean) =>
    onItems((value) => holds(order(value, typed, number)));
  const equal = onItems((value) =>
    typeof value === 'number' ? value === number : (value ?? null) !== null && String(value) === typed,
  );
  const contains = onTexts((text) => text.toLowerCase().includes(lower));
  switch (operator) {
    case 'is':
      return equal;
    case 'is-not':
      return (value) => !equal(value);
    case 'contains':
      return contains;
    case 'lacks':
      return (value) => !contains(value);
    case 'matches': {
      const pattern = compilePattern(typed);
      return onTexts((text) => pattern.test(text));
    }
    case 'less':
      return compare((sign) => sign < 0);
    case 'at-most':
      return compare((sign) => sign <= 0);
    case 'more':
      return compare((sign) => sign > 0);
    case 'at-least':
      return compare((sign) => sign >= 0);
    case 'empty':
      return isEmpty;
    case 'filled':
      return (value) => !isEmpty(value);
  }
}

/** Whether all filters hold for a row. */
export function rowMatcher(filters: readonly Filter[]): (row: JsonObject) => boolean {
  const matchers = filters.map((filter) => [filter.path, matcherOf(filter)] as const);
  return (row) => matchers.every(([path, matches]) => matches(valueAt(row, path)));
}

/** Whether a text is somewhere in a row. `/…/` is a regular expression. Throws a `SyntaxError` for a wrong one. */
export function searchMatcher(search: string): (row: JsonObject) => boolean {
  const source = patternIn(search);
  const lower = search.toLowerCase();
  const pattern = source === undefined ? undefined : compilePattern(source);
  return onTexts((text) => (pattern ? pattern.test(text) : text.toLowerCase().includes(lower)));
}

/** The source of a search that is a regular expression. */
export function patternIn(search: string): string | undefined {
  return /^\/(.+)\/$/s.exec(search)?.[1];
}

export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** Less than, equal to, or greater than what was typed; NaN where the two cannot be compared. */
function order(value: Json | undefined, typed: string, number: number): number {
  if (typeof value === 'number') return value - number;
  if (typeof value !== 'string') return NaN;
  return value < typed ? -1 : Number(value > typed);
}

function onItems(matches: Matcher): Matcher {
  return (value) => (Array.isArray(value) ? value.some(matches) : matches(value));
}

/** Asks every text in a value, numbers and booleans included. */
function onTexts(matches: (text: string) => boolean): Matcher {
  const inside: Matcher = (value) => {
    if (value === undefined || value === null) return false;
    if (typeof value === 'string') return matches(value);
    if (Array.isArray(value)) return value.some(inside);
    return isObject(value) ? Object.values(value).some(inside) : matches(String(value));
  };
  return inside;
}
