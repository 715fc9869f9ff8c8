import type { ColumnReference } from '../../columns/types.js';
import { isObject, type Json, type JsonSchema } from '../../core/json.js';
import { parseWhere, type RowCondition } from '../../seeds/where.js';
import { columnCorrection } from '../../core/suggest.js';
import type { Problem } from '../../core/problem.js';
import { startsWith } from '../../core/paths.js';
import type { NameScope } from '../scope.js';
import { checkComparisons } from './comparisons.js';
import { unknownField, type Reader } from './references.js';
import { writtenPatternProblems } from '../../json-schema/patterns.js';
import type { Where, SeedConfig } from '../../core/config.js';

const AT = ['seed_config', 'where'] as const;

export interface CheckedWhere {
  readonly condition: RowCondition | undefined;
  readonly problems: readonly Problem[];
}

/** Checks `seed_config.where`: it must be valid, and read only columns of the seed. */
export function checkWhere(
  config: SeedConfig | undefined,
  found: readonly Problem[],
  { seed }: NameScope,
): CheckedWhere {
  const where: Json | undefined = isObject(config) ? (config['where'] as Json | undefined) : undefined;
  if (where === undefined || found.some(({ at }) => startsWith(at, AT))) {
    return { condition: undefined, problems: [] };
  }
  const problems: Problem[] = [];
  const condition = parseWhere(where as Where, (problem) => problems.push(inRecipe(problem)));
  if (condition) problems.push(...conditionProblems(where, condition, seed));
  return { condition, problems };
}

function conditionProblems(
  where: Json,
  { references, patterns }: RowCondition,
  seed: NameScope['seed'],
): readonly Problem[] {
  const reader = { at: AT, config: where, references };
  return [
    ...(seed ? references.flatMap((reference) => unknownRead(reader, reference, seed) ?? []) : []),
    ...(seed ? checkComparisons([reader], seed) : []),
    ...writtenPatternProblems(patterns).map(inRecipe),
  ];
}

function unknownRead(
  reader: Reader,
  reference: ColumnReference,
  seed: ReadonlyMap<string, JsonSchema>,
): Problem | undefined {
  const { path, at, span, isInner } = reference;
  const [root = ''] = path;
  if (seed.has(root)) return unknownField(reader, reference, seed);
  // The reference that it starts from is already reported.
  if (isInner) return undefined;
  return inRecipe({
    code: 'unknown-column',
    message: `the seed has no column \`${root}\``,
    ...columnCorrection(root, [...seed.keys()], at.at(-1) === 'jsonata'),
    at,
    within: { offset: span.offset, length: Math.min(span.length, root.length) },
  });
}

const inRecipe = (problem: Problem): Problem => ({ ...problem, at: [...AT, ...problem.at] });
