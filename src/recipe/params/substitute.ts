import { isObject, type Json, type JsonPath } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { Problem, Span } from '../../core/problem.js';
import { pathKey } from '../../core/paths.js';
import { correction, nearest } from '../../core/suggest.js';

/** A stretch of a string and what took its place. */
export interface Replacement {
  /** In the string as the recipe has it. */
  readonly from: Span;
  /** In the string that came out. */
  readonly to: Span;
}

export interface Substituted {
  readonly data: Json;
  readonly problems: readonly Problem[];
  /** Params that the recipe mentions. */
  readonly used: ReadonlySet<string>;
  /** What was replaced in which string, by `pathKey`. */
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
 * Fills in `${{ params.x }}` once, in values and never in keys. A value that is one reference and nothing
 * else takes the param's typed value, and its key is left out when the param has none; inside longer text
 * the value is written out. `$${{` stands for `${{`. The `params` section itself is left alone.
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
  if (!hasHoles(value)) return value;
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

/** Most of a recipe has none, and is left as it is. */
function hasHoles(value: Json): boolean {
  if (typeof value === 'string') return value.includes(OPEN);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasHoles);
}

/** Leaving an entry of a list out would move those behind it: there, a param must have a value. */
function fillEntry(entry: Json, at: JsonPath, context: Context): Json {
  const filled = fill(entry, at, context);
  if (filled !== undefined) return filled;
  context.problems.push({
    code: 'missing-param',
    message: 'this entry of a list has no value, because its param has none',
    hint: 'give the param a default',
    at,
  });
  return null;
}

function fillText(text: string, at: JsonPath, context: Context): Json | undefined {
  const holes = findHoles(text);
  const [only] = holes;
  if (only?.kind === 'reference' && only.span.length === text.length && isKnown(only, context)) {
    return context.values.get(only.name);
  }

  let filled = '';
  let done = 0;
  const replacements: Replacement[] = [];
  for (const hole of holes) {
    const { offset, length } = hole.span;
    filled += text.slice(done, offset);
    done = offset + length;
    const piece = fillHole(hole, context);
    if (piece.ok) {
      replacements.push({ from: hole.span, to: { offset: filled.length, length: piece.value.length } });
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

/** What is wrong with a hole, and where in the text. */
type HoleProblem = Pick<Problem, 'code' | 'message' | 'hint' | 'fix'> & { readonly within: Span };

function fillHole(hole: Hole, context: Context): Result<string, HoleProblem> {
  if (hole.kind === 'escape') return ok(OPEN);
  if (hole.kind === 'malformed') return err({ ...hole.problem, code: 'param-syntax', within: hole.span });
  if (!isKnown(hole, context)) return err(unknownParam(hole, context));
  const value = context.values.get(hole.name);
  if (value !== undefined) return ok(String(value));
  return err({
    code: 'missing-param',
    message: `the param \`${hole.name}\` has no value to write into this text`,
    hint: 'give it a default',
    within: hole.span,
  });
}

/** The param that was probably meant counts as used: it is not the one to complain about. */
function isKnown({ name }: Reference, { names, used }: Context): boolean {
  used.add(nearest(name, names) ?? name);
  return names.includes(name);
}

function unknownParam({ name, nameSpan }: Reference, { names }: Context): HoleProblem {
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

type Hole =
  | Reference
  | { readonly kind: 'escape'; readonly span: Span }
  | { readonly kind: 'malformed'; readonly span: Span; readonly problem: Pick<Problem, 'message' | 'hint'> };

const OPEN = '${{';
const CLOSE = '}}';
const reference = /^\s*params\.([\w-]+)\s*$/;

function findHoles(text: string): readonly Hole[] {
  const holes: Hole[] = [];
  for (let at = text.indexOf(OPEN); at !== -1;) {
    const hole = text[at - 1] === '$' ? escapeAt(at) : holeAt(text, at);
    holes.push(hole);
    at = text.indexOf(OPEN, hole.span.offset + hole.span.length);
  }
  return holes;
}

const escapeAt = (at: number): Hole => ({
  kind: 'escape',
  span: { offset: at - 1, length: OPEN.length + 1 },
});

function holeAt(text: string, offset: number): Hole {
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
  message: 'only a param can stand in `${{ }}`: `${{ params.name }}`',
  hint: 'cells of the row are read with `{{ name }}`; write `$${{` for the characters themselves',
};
