/**
 * What stages of a recipe read whose earlier stages are not made yet: as many rows as those plan to make, with the values
 * that a plan fabricates for its estimates. Where what is in the rows decides how many there are, their number is unknown.
 */
import type { MediaFiles } from '../columns/types.js';
import type { JsonObject } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import type { RunProblem } from '../run/problem.js';
import type { StageSource } from '../seeds/stage/index.js';

/** What a stage is planned to make. */
export type PlannedOutput =
  | {
      readonly rows: number;
      /** The first of them. */
      readonly sample: readonly JsonObject[];
      readonly media: MediaFiles;
    }
  /** Why the number of rows is not known. */
  | { readonly unknown: string };

/** A stage that reads what earlier ones are planned to make. */
export interface FromPlans {
  readonly plan: Plan;
  readonly media: readonly MediaFiles[];
  /** What is assumed. */
  readonly note: string;
}

/** @param records the first rows that the plan makes */
export function outputOf(
  plan: Plan,
  rows: number,
  limit: number | undefined,
  records: readonly JsonObject[],
  media: MediaFiles,
): PlannedOutput {
  const of = `of stage \`${plan.stage?.name ?? ''}\``;
  if (plan.accept && plan.seed && limit === undefined)
    return { unknown: `how many rows ${of} pass \`accept\` is not known` };
  let left = rows;
  for (const { name, type, countOf } of plan.processors) {
    if (!countOf)
      return { unknown: `how many rows the processor \`${name}\` (${type}) ${of} leaves is not known` };
    left = countOf(left);
  }
  const names = plan.output.map(({ name }) => name);
  const sample = records.map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
  return { rows: left, sample, media };
}

/**
 * The plan with the planned rows in place of datasets that cannot be read; an error says why their number is not known,
 * `undefined` that something else is wrong.
 */
export function fromPlans(
  plan: Plan,
  { at, message }: RunProblem,
  earlier: ReadonlyMap<string, PlannedOutput>,
): Result<FromPlans, string> | undefined {
  const { seed, stage } = plan;
  const outputs = (stage?.needs ?? []).map((name) => earlier.get(name));
  if (!seed || at?.at(-1) !== 'needs' || outputs.includes(undefined)) return undefined;
  const known = outputs.flatMap((output) => (output && 'rows' in output ? [output] : []));
  const unknown = outputs.find((output) => output && 'unknown' in output);
  if (unknown && 'unknown' in unknown) return err(unknown.unknown);
  const { dedupe = false, group_by: groups } = seed.config;
  const deciders = { where: seed.where, dedupe: dedupe === false ? undefined : dedupe, group_by: groups };
  const [decider] = Object.entries(deciders).find(([, value]) => value !== undefined) ?? [];
  if (decider !== undefined)
    return err(`how many rows \`${decider}\` of stage \`${stage?.name ?? ''}\` leaves is not known`);
  const [first, ...others] = known;
  if (!first) return undefined;
  const { needs } = seed.config.source as unknown as StageSource;
  const partners = needs.slice(1).map(({ stage: name }) => `\`${name}\``);
  const each = partners.length === 0 ? '' : `, each with one partner in ${partners.join(' and ')}`;
  const rowAt = (entry: number): JsonObject =>
    Object.assign({}, ...[...others, first].map(({ sample }) => sample[entry % sample.length])) as JsonObject;
  const open: typeof seed.type.open = async () =>
    ok({
      columns: [],
      entryCount: first.sample.length === 0 ? 0 : first.rows,
      notes: [],
      read: async (entry) => ({ rows: [rowAt(entry)], notes: [] }),
    });
  return ok({
    plan: { ...plan, seed: { ...seed, type: { ...seed.type, open } } },
    media: known.map(({ media }) => media),
    note: `${message}: its rows are taken to be as many as are planned${each}`,
  });
}
