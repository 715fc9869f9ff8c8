import type { JsonPath } from '../core/json.js';
import { covers, type Diagnostic, type Problem, type Span } from '../core/problem.js';
import { pathKey, startsWith } from '../core/paths.js';
import type { RecipeSource } from './recipe-source.js';

/**
 * Looks up the place of each problem, and sorts the problems by place (those of flags and of whole files first).
 * Leaves out duplicates, and problems that are consequences of others.
 */
export function toDiagnostics(problems: readonly Problem[], source: RecipeSource): readonly Diagnostic[] {
  const diagnostics = withoutCascading(problems, source).map((problem) => toDiagnostic(problem, source));
  const seen = new Set<string>();
  return diagnostics
    .filter(({ file, span, code, message }) => {
      const key = JSON.stringify([file, span?.offset, code, message]);
      return !seen.has(key) && seen.add(key);
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

/** Values with these problems are not known, so other problems of them are not reported. */
const unknownValue = new Set(['unknown-param', 'missing-param', 'param-syntax']);

function withoutCascading(problems: readonly Problem[], source: RecipeSource): readonly Problem[] {
  const values = new Set(problems.filter(({ code }) => unknownValue.has(code)).map(({ at }) => pathKey(at)));
  const texts = problems.flatMap(({ code, place }) => (code === 'unquoted-template' && place?.span) || []);
  const exact = problems.filter(({ code }) => code === 'invalid-schema');
  return problems.filter((problem) => {
    if (problem.isCascading) return false;
    if (problem.code === 'invalid-schema' && exact.some(({ at }) => isInside(at, problem.at))) return false;
    if (problem.place || unknownValue.has(problem.code)) return true;
    if (values.has(pathKey(problem.at))) return false;
    return problem.within !== undefined || !texts.some((text) => covers(text, spanOf(problem, source)));
  });
}

const isInside = (inner: JsonPath, outer: JsonPath): boolean =>
  inner.length > outer.length && startsWith(inner, outer);
