import type { JsonPath } from '../core/json.js';
import { covers, type Diagnostic, type Problem, type Span } from '../core/problem.js';
import { pathKey, startsWith } from '../core/paths.js';
import type { RecipeSource } from './recipe-source.js';

/**
 * Ties problems to their places: sorted as they stand in the file (those of flags and of whole files first),
 * each told once, and none that only follows from another.
 */
export function toDiagnostics(problems: readonly Problem[], source: RecipeSource): readonly Diagnostic[] {
  const diagnostics = withoutFollowers(problems, source).map((problem) => toDiagnostic(problem, source));
  const told = new Set<string>();
  return diagnostics
    .filter(({ file, span, code, message }) => {
      const key = JSON.stringify([file, span?.offset, code, message]);
      return !told.has(key) && told.add(key);
    })
    .sort((a, b) => startOf(a) - startOf(b));
}

function toDiagnostic(problem: Problem, source: RecipeSource): Diagnostic {
  const { severity = 'error', code, message, hint, fix } = problem;
  const words = {
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(fix === undefined ? {} : { fix }),
  };
  if (problem.place) return { ...words, ...problem.place };
  const flag = source.flagAt(problem.at);
  return flag === undefined
    ? { ...words, file: source.file, span: spanOf(problem, source) }
    : { ...words, file: flag };
}

function spanOf({ at, onKey, within }: Problem, source: RecipeSource): Span {
  return source.locate(at, { ...(onKey ? { onKey } : {}), ...(within ? { within } : {}) });
}

const startOf = (diagnostic: Diagnostic): number => diagnostic.span?.offset ?? -1;

/** While a value could not be made out, everything else said of it is a guess. */
const unmade = new Set(['unknown-param', 'missing-param', 'param-syntax']);

function withoutFollowers(problems: readonly Problem[], source: RecipeSource): readonly Problem[] {
  const values = new Set(problems.filter(({ code }) => unmade.has(code)).map(({ at }) => pathKey(at)));
  const texts = problems.flatMap(({ code, place }) => (code === 'unquoted-template' && place?.span) || []);
  const exact = problems.filter(({ code }) => code === 'invalid-schema');
  return problems.filter((problem) => {
    if (problem.isCascading) return false;
    if (problem.code === 'invalid-schema' && exact.some(({ at }) => isInside(at, problem.at))) return false;
    if (problem.place || unmade.has(problem.code)) return true;
    if (values.has(pathKey(problem.at))) return false;
    return problem.within !== undefined || !texts.some((text) => covers(text, spanOf(problem, source)));
  });
}

const isInside = (inner: JsonPath, outer: JsonPath): boolean =>
  inner.length > outer.length && startsWith(inner, outer);
