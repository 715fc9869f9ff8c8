import { isObject, type JsonPath, type JsonSchema } from '../core/json.js';
import { backtrackingRisk, type BacktrackingRisk, type WrittenPattern } from '../sandbox/regex-safety.js';
import type { Problem } from '../core/problem.js';
import { allSubschemas } from './subschemas.js';

/** Warnings about regular expressions of a schema that are open to catastrophic backtracking. */
export function patternProblems(root: JsonSchema): readonly Problem[] {
  return allSubschemas(root).flatMap(({ path, schema }) => {
    const { pattern, patternProperties } = schema;
    const own = typeof pattern === 'string' ? slowPattern(backtrackingRisk(pattern)) : [];
    const names = isObject(patternProperties) ? Object.keys(patternProperties) : [];
    return [
      ...own.map((problem) => ({ ...problem, at: [...path, 'pattern'] })),
      ...names.flatMap((name) =>
        slowPattern(backtrackingRisk(name)).map((problem) => ({
          ...problem,
          at: [...path, 'patternProperties', name],
          onKey: true,
        })),
      ),
    ];
  });
}

/** The same for regular expressions in a JSONata expression. */
export function writtenPatternProblems(
  patterns: readonly (WrittenPattern & { readonly at: JsonPath })[],
): readonly Problem[] {
  return patterns.flatMap(({ source, flags, at, span }) =>
    slowPattern(backtrackingRisk(source, flags)).map((problem) => ({ ...problem, at, within: span })),
  );
}

/** Only a warning: the analysis is a heuristic, and texts may be short. */
function slowPattern(risk: BacktrackingRisk | undefined): readonly Omit<Problem, 'at'>[] {
  if (risk === undefined) return [];
  const isEndless = risk === 'exponential';
  return [
    {
      severity: 'warning',
      code: 'slow-pattern',
      message: isEndless
        ? 'this regular expression can take exponential time (catastrophic backtracking)'
        : 'this regular expression takes very long on long texts that do not match it',
      hint: isEndless
        ? 'do not put a repetition or a choice of the same characters inside a repeated group'
        : 'let adjacent parts match different characters, or limit their repetitions: {1,100}',
    },
  ];
}
