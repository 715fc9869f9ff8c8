import type { Plan } from '../engine/types.js';
import type { Problem } from '../core/problem.js';
import { summariseNotes } from '../seeds/notes.js';
import type { RecipeSource } from '../recipe/recipe-source.js';
import { withFlag, type RunProblem } from './problem.js';
import { openRows } from './seed-rows.js';
import type { SeedNote } from '../core/events.js';

export interface CheckedSeed {
  /** `undefined` when it could not be opened. */
  readonly rows: number | undefined;
  readonly problems: readonly Problem[];
}

/** Reads the whole seed of a plan, as a run does: it must be readable, have rows, and fill the columns that are read. */
export async function checkSeed(
  plan: Plan,
  source: RecipeSource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CheckedSeed> {
  if (!plan.seed) return { rows: undefined, problems: [] };
  const notes: SeedNote[] = [];
  const opened = await openRows(plan, {
    env,
    onNote: (note) => notes.push(note),
  });
  if (!opened.ok) return { rows: undefined, problems: [seedUnreadable(opened.error, source)] };
  const absent = new Set(plan.columns.flatMap(({ seedColumns }) => seedColumns));
  let rows = 0;
  for await (const row of opened.value.rows) {
    rows += 1;
    for (const name of absent) if ((row[name] ?? null) !== null) absent.delete(name);
  }
  return { rows, problems: rows === 0 ? [emptySeed(notes, plan)] : emptyColumns(plan, absent, rows) };
}

/** A seed that cannot be opened. */
export function seedUnreadable(problem: RunProblem, source: RecipeSource): Problem {
  return withFlag({ code: 'seed-unreadable', at: ['seed_config', 'source'], ...problem }, source);
}

const MOST_REASONS = 3;

/** A seed without rows, with the reasons why entries were left out. */
export function emptySeed(notes: readonly SeedNote[], { stage }: Pick<Plan, 'stage'>): Problem {
  const reasons = summariseNotes(notes)
    .filter(({ kind }) => kind === 'filtered')
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_REASONS)
    .map(({ reason, count }) => `${count} × ${reason}`);
  const why = reasons.length > 0 ? `left out: ${reasons.join('; ')}` : 'there is nothing in it to read';
  return {
    code: 'empty-seed',
    message: 'the seed gave no rows',
    hint: stage ? `${why}; with \`allow_empty: true\` in the stage, its dataset is empty instead` : why,
    at: ['seed_config', 'source'],
  };
}

/** Warnings for seed columns that the recipe reads without a default and that are empty in every row. */
function emptyColumns(plan: Plan, absent: ReadonlySet<string>, rows: number): readonly Problem[] {
  return [...absent].flatMap((name) => {
    const readers = plan.columns.flatMap(({ column }) =>
      column.references
        .filter(({ path: [root], optional }) => root === name && !optional)
        .map((reference) => ({ column: column.name, reference })),
    );
    const [first] = readers;
    if (!first) return [];
    const { at, span } = first.reference;
    const index = plan.recipe.columns.findIndex((column) => column.name === first.column);
    return [
      {
        severity: 'warning',
        code: 'empty-seed-column',
        message: `the seed column \`${name}\` has no value in any of the ${rows} rows`,
        hint: `allow for that: {{ ${name} | default('…', true) }}`,
        at: ['columns', index, ...at],
        ...(span.length > 0 ? { within: span } : {}),
      },
    ];
  });
}
