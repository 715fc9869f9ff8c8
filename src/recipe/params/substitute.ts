import { isObject, type Json, type JsonPath } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Problem, Span } from '../../core/problem.js';
import { pathKey } from '../../core/paths.js';
import { correction, nearest } from '../../core/suggest.js';

/** A part of a string and its replacement. */
export interface Replacement {
  /** The place in the string of the recipe. */
  readonly from: Span;
  /** The place in the result. */
  readonly to: Span;
}

export interface Substituted {
  readonly data: Json;
  readonly problems: readonly Problem[];
  /** Params that the recipe mentions. */
  readonly used: ReadonlySet<string>;
  /** The replacements in each string, by the `pathKey` of the string. */
  readonly replacements: ReadonlyMap<string, readonly Replacement[]>;
}

interface Context {
  readonly names: readonly string[];
  readonly values: ReadonlyMap<string, Json>;
  readonly problems: Problem[];
  readonly used: Set<string>;
  readonly replacements: Map<string, readonly Replacement[]>;
}

/**
 * Fills in `${{ params.x }}`, as GitHub Actions does with its expressions. Only values are filled in, never keys, and
 * a filled-in value is not searched again. A string that is a single placeholder becomes the param's typed value,
 * and its key is removed when the param has no value; in a longer string the value is written as text. `$${{` is the
 * escape for `${{`. The `params` section itself is not changed. Replacements are recorded, so that problems in the
 * result can point at the text of the recipe (`derived-source.ts`).
 *
 * @param names all params of the recipe, also those without a value
 */
export function substituteParams(
  data: Json,
  names: readonly string[],
  values: ReadonlyMap<string, Json>,
): Substituted {
  const context: Context = { names, values, problems: [], used: new Set(), replacements: new Map() };
  const filled = fill(data, [], context);
  return { ...context, data: filled ?? null };
}

function fill(value: Json, at: JsonPath, context: Context): Json | undefined {
  if (!hasPlaceholders(value)) return value;
  if (typeof value === 'string') return fillText(value, at, context);
  if (Array.isArray(value)) {
    return value.map((entry: Json, index) => fillEntry(entry, [...at, index], context));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
      if (at.length === 0 && key === 'params') return [[key, inner]];
      const filled = fill(inner, [...at, key], context);
      return filled === undefined ? [] : [[key, filled]];
    }),
  );
}

/** True when a value contains a placeholder; most values of a recipe do not. */
function hasPlaceholders(value: Json): boolean {
  if (typeof value === 'string') return value.includes(OPEN);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasPlaceholders);
}

/** Removing an entry of a list would shift those after it, so there a param must have a value. */
function fillEntry(entry: Json, at: JsonPath, context: Context): Json {
  const filled = fill(entry, at, context);
  if (filled !== undefined) return filled;
  context.problems.push({
    code: 'missing-param',
    message: 'this list entry has no value, because its param has none',
    hint: 'give the param a default',
    at,
  });
  return null;
}

function fillText(text: string, at: JsonPath, context: Context): Json | undefined {
  const placeholders = findPlaceholders(text);
  const [only] = placeholders;
  if (only?.kind === 'reference' && only.span.length === text.length && isKnown(only, context)) {
    return context.values.get(only.name);
  }

  let filled = '';
  let done = 0;
  const replacements: Replacement[] = [];
  for (const placeholder of placeholders) {
    const { offset, length } = placeholder.span;
    filled += text.slice(done, offset);
    done = offset + length;
    const piece = fillPlaceholder(placeholder, context);
    if (piece.ok) {
      replacements.push({
        from: placeholder.span,
        to: { offset: filled.length, length: piece.value.length },
      });
      filled += piece.value;
    } else {
      const { within, ...problem } = piece.error;
      const moved = filled.length - offset;
      context.problems.push({ ...problem, at, within: { ...within, offset: within.offset + moved } });
      filled += text.slice(offset, done);
    }
  }
  context.replacements.set(pathKey(at), replacements);
  return filled + text.slice(done);
}

/** A mistake in a placeholder, and its place in the text. */
type PlaceholderProblem = Pick<Problem, 'code' | 'message' | 'hint' | 'fix'> & { readonly within: Span };

function fillPlaceholder(placeholder: Placeholder, context: Context): Result<string, PlaceholderProblem> {
  if (placeholder.kind === 'escape') return ok(OPEN);
  if (placeholder.kind === 'malformed')
    return err({ ...placeholder.problem, code: 'param-syntax', within: placeholder.span });
  if (!isKnown(placeholder, context)) return err(unknownParam(placeholder, context));
  const value = context.values.get(placeholder.name);
  if (value !== undefined) return ok(String(value));
  return err({
    code: 'missing-param',
    message: `the param \`${placeholder.name}\` has no value to write into this text`,
    hint: 'give it a default',
    within: placeholder.span,
  });
}

/** True when the param is declared. A misspelt param counts as used, so that only the misspelling is reported. */
function isKnown({ name }: Reference, { names, used }: Context): boolean {
  used.add(nearest(name, names) ?? name);
  return names.includes(name);
}

function unknownParam({ name, nameSpan }: Reference, { names }: Context): PlaceholderProblem {
  const words = names.length > 0 ? correction(name, names) : { hint: 'declare it under `params:`' };
  return {
    code: 'unknown-param',
    message: `this recipe has no param \`${name}\``,
    ...words,
    within: nameSpan,
  };
}

interface Reference {
  readonly kind: 'reference';
  readonly span: Span;
  readonly name: string;
  readonly nameSpan: Span;
}

type Placeholder =
  | Reference
  | { readonly kind: 'escape'; readonly span: Span }
  | { readonly kind: 'malformed'; readonly span: Span; readonly problem: Pick<Problem, 'message' | 'hint'> };

const OPEN = '${{';
const CLOSE = '}}';
const reference = /^\s*params\.([\w-]+)\s*$/;

function findPlaceholders(text: string): readonly Placeholder[] {
  const placeholders: Placeholder[] = [];
  for (let at = text.indexOf(OPEN); at !== -1;) {
    const placeholder = text[at - 1] === '$' ? escapeAt(at) : placeholderAt(text, at);
    placeholders.push(placeholder);
    at = text.indexOf(OPEN, placeholder.span.offset + placeholder.span.length);
  }
  return placeholders;
}

const escapeAt = (at: number): Placeholder => ({
  kind: 'escape',
  span: { offset: at - 1, length: OPEN.length + 1 },
});

function placeholderAt(text: string, offset: number): Placeholder {
  const close = text.indexOf(CLOSE, offset);
  if (close === -1) {
    const rest = { offset, length: (text.slice(offset).split('\n', 1)[0] ?? '').length };
    return {
      kind: 'malformed',
      span: rest,
      problem: { message: '`${{` is never closed', hint: 'close it with `}}`' },
    };
  }
  const span = { offset, length: close + CLOSE.length - offset };
  const inside = text.slice(offset + OPEN.length, close);
  const name = reference.exec(inside)?.[1];
  if (name === undefined) return { kind: 'malformed', span, problem: onlyParams };
  const nameOffset = offset + OPEN.length + inside.indexOf('params.') + 'params.'.length;
  return { kind: 'reference', span, name, nameSpan: { offset: nameOffset, length: name.length } };
}

const onlyParams = {
  message: '`${{ }}` can only contain a param: `${{ params.name }}`',
  hint: 'columns are read with `{{ name }}`; write `$${{` for a literal `${{`',
};
