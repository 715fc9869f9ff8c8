import { DEFAULTS } from '../../core/defaults.js';
import type { Accept, Where } from '../../core/config.js';
import { isObject, type Json, type JsonObject, type JsonPath, type JsonSchema } from '../../core/json.js';
import type { Problem } from '../../core/problem.js';
import { writtenPatternProblems } from '../../json-schema/patterns.js';
import { possibleValues } from '../../json-schema/possible-values.js';
import { parseWhere, type RowCondition } from '../../seeds/where.js';
import { fieldAt } from '../schema/fields.js';
import type { NameScope } from '../scope.js';
import { checkComparisons } from './comparisons.js';
import { checkReads } from './references.js';

export interface CheckedAccept {
  /** `undefined` without `accept`, and when it has mistakes. */
  readonly accept:
    | { readonly condition: RowCondition; readonly maxAttempts: number; readonly giveUpAfter: number }
    | undefined;
  /** The columns that it reads; `undefined` when they are not known. */
  readonly reads: readonly string[] | undefined;
  readonly problems: readonly Problem[];
}

/** Checks `accept`: it must be valid, and read only columns of the recipe and the seed. */
export function checkAccept(
  { accept }: { readonly accept?: Accept },
  found: readonly Problem[],
  scope: NameScope,
  types: ReadonlyMap<string, JsonSchema>,
): CheckedAccept {
  if (accept === undefined) return { accept, reads: [], problems: [] };
  if (found.some(({ at }) => at[0] === 'accept'))
    return { accept: undefined, reads: undefined, problems: [] };
  const long = typeof accept === 'object' && 'when' in accept ? accept : undefined;
  const when: Where = typeof accept === 'object' && 'when' in accept ? accept.when : accept;
  const place: JsonPath = long ? ['accept', 'when'] : ['accept'];
  const problems: Problem[] = [];
  const report = (problem: Problem): void =>
    void problems.push({ ...problem, at: [...place, ...problem.at] });
  const condition = parseWhere(when, report);
  if (!condition) return { accept: undefined, reads: undefined, problems };
  const reader = { at: place, config: when as Json, references: condition.references };
  writtenPatternProblems(condition.patterns).forEach(report);
  const reads = checkReads(reader, scope, types);
  const compared = checkComparisons([reader], types);
  problems.push(...reads, ...compared);
  const always = reads.length + compared.length > 0 ? undefined : constantResult(condition, types);
  if (condition.references.length === 0)
    report({
      severity: 'warning',
      code: 'no-reference',
      message: 'this condition reads no column, so it is the same in every row',
      hint: 'name a column in it',
      at: [],
    });
  else if (always !== undefined)
    report({
      severity: 'warning',
      code: 'constant-condition',
      message: `this condition is ${always} for all values that its columns can have`,
      hint: always
        ? 'it rejects no row: remove it, or compare with another value'
        : 'it rejects every row: compare with another value',
      at: [],
    });
  const { max_attempts = DEFAULTS.max_attempts, give_up_after = DEFAULTS.give_up_after } = long ?? {};
  return {
    accept: { condition, maxAttempts: max_attempts, giveUpAfter: give_up_after },
    reads: condition.references.flatMap(({ path: [root] }) => root ?? []),
    problems,
  };
}

/** More combinations of values are not tried. */
const MOST_TRIED = 1000;

/** The result of a condition, if it is the same for every combination of the values that it reads; all must be known. */
function constantResult(
  { references, holds }: RowCondition,
  types: ReadonlyMap<string, JsonSchema>,
): boolean | undefined {
  if (references.some(({ isInner }) => isInner === true)) return undefined;
  const paths = new Map(references.map(({ path }) => [path.join('\n'), path]));
  let rows: readonly JsonObject[] = [{}];
  for (const path of paths.values()) {
    const [root = '', ...fields] = path;
    const schema = types.get(root);
    const field = schema && fieldAt(schema, fields);
    const values = field?.kind === 'known' ? possibleValues(field.schema) : undefined;
    if (!values || values.length * rows.length > MOST_TRIED) return undefined;
    rows = rows.flatMap((row) => values.map((value) => withValue(row, path, value)));
  }
  const results = rows.map(holds);
  const [first] = results;
  if (!first?.ok || !results.every((result) => result.ok && result.value === first.value)) return undefined;
  return first.value;
}

function withValue(row: JsonObject, [key = '', ...rest]: readonly string[], value: Json): JsonObject {
  const inner = row[key];
  return { ...row, [key]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) };
}
