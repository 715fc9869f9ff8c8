import type { Problem } from '../core/problem.js';
import { createRandom } from '../core/random.js';
import { ok, type Result } from '../core/result.js';
import { parseCondition, isTrue } from '../template/condition.js';
import { parseTemplate } from '../template/jinja.js';
import { parseExpression } from '../template/jsonata.js';
import type { Reference, TemplateProblem } from '../template/types.js';
import type { JsonPath, JsonSchema } from '../core/json.js';
import type { Seed, SeedEntryRows, SeedRow } from './types.js';
import type { Where } from '../core/config.js';
import type { SeedNote } from '../core/events.js';
import type { WrittenPattern } from '../sandbox/regex-safety.js';

/** JSON Schema of a condition. */
export const CONDITION_SCHEMA = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      description: 'A condition in JSONata.',
      properties: { jsonata: { type: 'string', minLength: 1, description: 'The expression.' } },
      required: ['jsonata'],
      additionalProperties: false,
    },
  ],
} satisfies JsonSchema;

/** A parsed condition on rows. */
export interface RowCondition {
  readonly references: readonly (Reference & { readonly at: JsonPath })[];
  /** Regular expressions that are written in it. */
  readonly patterns: readonly (WrittenPattern & { readonly at: JsonPath })[];
  /**
   * True when the condition holds for a row; an error says why it could not be evaluated. What is random in it follows
   * from `randomSeed` (default 0) and the values of the row, so equal rows have the same answer.
   */
  holds(row: SeedRow, randomSeed?: number): Result<boolean, string>;
}

/** Parses a condition. Mistakes go to `report`, with paths relative to `where` itself. */
export function parseWhere(where: Where, report: (problem: Problem) => void): RowCondition | undefined {
  return typeof where === 'string' ? parseJinja(where, report) : parseJsonata(where.jsonata, report);
}

function parseJinja(where: string, report: (problem: Problem) => void): RowCondition | undefined {
  const parsed = parseCondition(where, parseTemplate);
  if (!parsed.ok) return reportAll(parsed.error, [], report);
  return {
    references: parsed.value.references.map((reference) => ({ ...reference, at: [] })),
    patterns: [],
    holds(row, randomSeed = 0) {
      const isRandom = parsed.value.usesRandom === true;
      const random = isRandom ? createRandom(randomSeed, 'where', JSON.stringify(row)) : undefined;
      const text = parsed.value.render(row, { random });
      return text.ok ? ok(isTrue(text.value)) : text;
    },
  };
}

function parseJsonata(source: string, report: (problem: Problem) => void): RowCondition | undefined {
  const parsed = parseExpression(source);
  if (!parsed.ok) return reportAll(parsed.error, ['jsonata'], report);
  return {
    references: parsed.value.references.map((reference) => ({ ...reference, at: ['jsonata'] })),
    patterns: parsed.value.patterns.map((pattern) => ({ ...pattern, at: ['jsonata'] })),
    holds(row) {
      const value = parsed.value.evaluate(row);
      return value.ok ? ok(isTrue(value.value === null ? '' : JSON.stringify(value.value))) : value;
    },
  };
}

function reportAll(
  problems: readonly TemplateProblem[],
  at: JsonPath,
  report: (problem: Problem) => void,
): undefined {
  for (const { span, ...problem } of problems) report({ ...problem, at, within: span });
}

/** Why a row is left out by the condition under `key`; `undefined` for a row that it takes. */
export function whyNot(holds: Result<boolean, string>, key: string): string | undefined {
  if (!holds.ok) return `\`${key}\` could not be worked out: ${holds.error}`;
  return holds.value ? undefined : `\`${key}\` does not hold`;
}

/** The seed with only the rows for which a condition holds; the others are counted as filtered. */
export function filterSeed(seed: Seed, condition: RowCondition, randomSeed = 0): Seed {
  return {
    ...seed,
    async read(entry) {
      const { rows, notes } = await seed.read(entry);
      const judged = rows.map((row) => ({ row, holds: condition.holds(row, randomSeed) }));
      const kept = judged.filter(({ holds }) => holds.ok && holds.value).map(({ row }) => row);
      return { rows: kept, notes: [...notes, ...judged.flatMap(noteFor)] } satisfies SeedEntryRows;
    },
  };
}

function noteFor({ row, holds }: { row: SeedRow; holds: Result<boolean, string> }): readonly SeedNote[] {
  const reason = whyNot(holds, 'where');
  if (reason === undefined) return [];
  return [
    { kind: 'filtered', source: String(row['source_path'] ?? row['trace_id'] ?? 'a row'), reason, count: 1 },
  ];
}
