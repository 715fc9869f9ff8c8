/** The rows of a plan: how many there are, and what the first ones ask for, with answers of a likely size. */
import type { MediaFiles } from '../columns/types.js';
import type { SeedNote } from '../core/events.js';
import type { JsonObject } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { mediaInMemory, mediaPlaces } from '../dataset/media.js';
import { identifyRows } from '../engine/row-identity.js';
import { makeRow } from '../engine/row.js';
import type { Plan, PlannedColumn } from '../engine/types.js';
import { createEstimator, type Estimate } from '../models/estimator.js';
import type { RecipeSource } from '../recipe/recipe-source.js';
import { emptySeed, seedUnreadable } from '../run/check-seed.js';
import { recordMaker } from '../run/run-plan.js';
import { openRows, type OpenedRows } from '../run/seed-rows.js';
import { fromPlans, outputOf, type FromPlans, type PlannedOutput } from './plan-stages.js';

export interface PlannedRows {
  readonly count: number | null;
  /** False if it is estimated: from the number of files, before `where` and `dedupe`, or from plans of earlier stages. */
  readonly exact: boolean;
  /** Number of rows that the estimates are based on. */
  readonly looked_at: number;
  /** Why there is no count or estimate, what is assumed, or which cells fail in the sampled rows. */
  readonly problems: readonly string[];
}

export interface SampleRequest {
  readonly source: RecipeSource;
  readonly numRecords?: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the earlier stages of the recipe are planned to make, by name. */
  readonly earlier?: ReadonlyMap<string, PlannedOutput>;
}

export interface SampledRows {
  readonly rows: PlannedRows;
  readonly problems: readonly Problem[];
  readonly estimates: ReadonlyMap<string, Estimate>;
  readonly made: PlannedOutput;
}

/** Number of rows rendered for the estimates. */
const ROWS_LOOKED_AT = 10;

/** Opens the seed, or what the plans of earlier stages say of it, and renders the first rows. */
export async function sampleRows(plan: Plan, request: SampleRequest): Promise<SampledRows> {
  const { source, env, earlier = new Map<string, never>() } = request;
  const limit = request.numRecords ?? plan.recipe.num_records;
  const notes: SeedNote[] = [];
  const open = (of: Plan): ReturnType<typeof openRows> =>
    openRows(of, { rows: { limit }, env, onNote: (note) => notes.push(note) });
  const asked = await open(plan);
  const planned = asked.ok ? undefined : fromPlans(plan, asked.error, earlier);
  const from = planned?.ok === true ? planned.value : undefined;
  const opened = from ? await open(from.plan) : asked;
  if (!opened.ok) {
    const { message } = opened.error;
    const unknown = planned?.ok === false ? planned.error : undefined;
    const problem = unknown === undefined ? message : `${message}: ${unknown}`;
    return {
      rows: { count: null, exact: false, looked_at: 0, problems: [problem] },
      estimates: new Map(),
      problems: [warning(seedUnreadable(opened.error, source))],
      made: { unknown: unknown ?? message },
    };
  }
  return renderRows(plan, opened.value, { notes, limit, from });
}

async function renderRows(
  plan: Plan,
  { rows, count, expected }: OpenedRows,
  {
    notes,
    limit,
    from,
  }: {
    readonly notes: readonly SeedNote[];
    readonly limit: number | undefined;
    readonly from: FromPlans | undefined;
  },
): Promise<SampledRows> {
  const estimator = createEstimator(plan.models);
  const media = reading(mediaInMemory(mediaPlaces(plan)), from?.media ?? []);
  const recordOf = recordMaker(plan);
  const independent = columnsWithoutAnswers(plan.columns);
  const problems = new Set<string>(from ? [from.note] : []);
  const records: JsonObject[] = [];
  let isAll = true;
  for await (const row of identifyRows(plan, rows)) {
    if (records.length === ROWS_LOOKED_AT) {
      isAll = false;
      break;
    }
    const made = await makeRow(plan, row, { models: estimator, media, emit: () => undefined });
    records.push(recordOf(made));
    // What is fabricated may be what fails.
    if (from) continue;
    for (const { column, failure } of made.failures)
      if (independent.has(column)) problems.add(`column \`${column}\`: ${failure.message}`);
  }
  const looked = records.length;
  const empty = looked === 0 ? [warning(emptySeed(notes, plan))] : [];
  for (const { message } of empty) problems.add(message);
  const all = isAll ? looked : (count ?? Math.max(looked, expected()));
  return {
    problems: empty,
    rows: {
      count: all,
      exact: !from && (isAll || count !== undefined),
      looked_at: looked,
      problems: [...problems],
    },
    estimates: estimator.estimates(),
    made: outputOf(plan, all, limit, records, media),
  };
}

/** Images of earlier stages are read as well. */
const reading = (own: MediaFiles, others: readonly MediaFiles[]): MediaFiles => ({
  ...own,
  async read(path) {
    for (const files of others) {
      const found = await files.read(path);
      if (found.ok) return found;
    }
    return own.read(path);
  },
});

const warning = (problem: Problem): Problem => ({ ...problem, severity: 'warning' });

/** Columns whose success does not depend on a model answer, so that their failures in a plan are real. */
function columnsWithoutAnswers(columns: readonly PlannedColumn[]): ReadonlySet<string> {
  const asking = new Set<string>();
  const certain = new Set<string>();
  for (const { column, dependsOn } of columns) {
    if (dependsOn.some((name) => asking.has(name))) asking.add(column.name);
    else certain.add(column.name);
    if (column.modelAliases.length > 0) asking.add(column.name);
  }
  return certain;
}
