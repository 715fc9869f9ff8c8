import type { Plan, PlannedColumn } from '../engine/types.js';
import { addCosts, costOf, PRICES_AS_OF, pricesFrom } from '../models/usage/cost.js';
import { ASSUMED, type Estimate } from '../models/estimator.js';
import type { Model } from '../models/types.js';
import { noTokens } from '../models/usage/usage.js';
import type { Problem } from '../core/problem.js';
import { batchProtocols, batchQueues, type BatchQueue } from '../run/batch/batch-models.js';
import { sampleRows, type PlannedRows, type SampleRequest } from './plan-rows.js';
import type { PlannedOutput } from './plan-stages.js';
import { planSendings, type PlannedSending } from '../run/sendings.js';

/** The output of `dd plan --format json`. Tokens and costs are estimates; `null` means unknown. */
export interface PlanReport {
  readonly recipe: string;
  readonly seed: string | null;
  readonly rows: PlannedRows;
  readonly columns: readonly ColumnReport[];
  /** What is done with the rows after they are made, in order. */
  readonly processors: readonly ProcessorReport[];
  readonly total: Work;
  /** Where models are asked in batches; their prices are in the costs. */
  readonly batch?: PlannedBatches;
  /** The values of the environment that a run sends, and the hosts that get them. */
  readonly sends: readonly PlannedSending[];
  /** The assumptions of the estimates, one sentence each. */
  readonly assumptions: readonly string[];
  readonly prices_as_of: string;
}

export interface PlannedBatches {
  /** The aliases that are asked in batches. */
  readonly models: readonly string[];
  /**
   * How often the run waits for batches, one after the other: levels of the graph that ask these models, each as often
   * as its tokens fill the queue (`batch_enqueued_token_limit`).
   */
  readonly waits: number;
}

export interface Work {
  readonly calls: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cost_usd: number | null;
}

export interface ColumnReport extends Work {
  readonly name: string;
  readonly type: string;
  /** Columns of the same step do not depend on each other. */
  readonly step: number;
  readonly depends_on: readonly string[];
  /** Seed columns that it reads directly. */
  readonly seed_columns: readonly string[];
  /** In fallback order. */
  readonly models: readonly PlannedModel[];
  readonly dropped: boolean;
  /** Of the sampled prompts, those shortened to fit into the model's `context_window`. */
  readonly shortened_prompts: number;
}

/** A processor, with the columns that it leaves and those of the dataset that it makes beside the main one. */
export interface ProcessorReport {
  readonly name: string;
  readonly type: string;
  readonly columns: readonly string[];
  readonly beside: readonly string[] | null;
}

interface PlannedModel {
  readonly alias: string;
  readonly provider: string;
  readonly model: string;
  /** The source of its prices; `null` if there is none. */
  readonly prices_from: 'recipe' | 'table' | null;
}

/** The output of `dd plan --format json` for a recipe with stages. */
export interface StagesReport {
  readonly recipe: string;
  readonly stages: readonly StageReport[];
  readonly total: Work;
}

export interface StageReport extends PlanReport {
  readonly stage: string;
  readonly needs: readonly string[];
  /** A file that is read in its place. */
  readonly file: string | null;
}

/** A plan report, with problems of the seed. */
export interface Planned {
  readonly report: PlanReport;
  /** What a later stage reads, as far as it can be said now. */
  readonly made: PlannedOutput;
  /** Warnings, because columns can be planned without rows. */
  readonly problems: readonly Problem[];
}

export interface PlanRequest extends SampleRequest {
  readonly inBatches?: boolean;
}

/** Estimates a run from the first rows of the seed. Calls no model and writes nothing. */
export async function planReport(plan: Plan, request: PlanRequest): Promise<Planned> {
  const batched = batchProtocols(plan, request.inBatches ?? false);
  const { rows, estimates, problems, made } = await sampleRows(plan, request);
  const steps = stepsOf(plan.columns);
  const columns = plan.columns.map((planned): ColumnReport => {
    const { column, columnType, dependsOn, seedColumns } = planned;
    const models = column.modelAliases.flatMap((alias) => plan.models.get(alias) ?? []);
    const roots = new Set(column.references.map(({ path: [root = ''] }) => root));
    return {
      name: column.name,
      type: columnType,
      step: steps.get(column.name) ?? 1,
      depends_on: dependsOn,
      seed_columns: seedColumns.filter((name) => roots.has(name)),
      models: models.map((model) => ({
        alias: model.alias,
        provider: model.endpoint.provider,
        model: model.model,
        prices_from: pricesFrom(model) ?? null,
      })),
      dropped: plan.recipe.columns.some(({ name, drop }) => name === column.name && drop === true),
      shortened_prompts: estimates.get(column.name)?.shortened ?? 0,
      ...atShare(
        workOf(models[0], rows, estimates.get(column.name)),
        batched.get(models[0]?.alias ?? '')?.priceShare,
      ),
    };
  });
  const report = {
    recipe: plan.recipe.name,
    seed: plan.seed?.config.source.seed_type ?? null,
    rows,
    columns,
    processors: plan.processors.map(({ name, type, columns: left, beside }) => ({
      name,
      type,
      columns: namesOf(left.filter((column) => !plan.dropped.has(column.name))),
      beside: beside ? namesOf(beside) : null,
    })),
    total: totalOf(columns.filter(({ models }) => models.length > 0)),
    ...(batched.size > 0 && {
      batch: { models: [...batched.keys()], waits: waitsOf(plan, columns, batched) },
    }),
    sends: await planSendings(plan, request.env),
    assumptions: [
      'One token is 4 ASCII characters, 3 other characters, or 1.5 Chinese, Japanese or Korean characters.',
      `In answers, a text has ${ASSUMED.fieldCharacters} characters and a list ${ASSUMED.listEntries} items, unless the schema says otherwise. A plain-text answer has ${ASSUMED.textTokens} tokens. No answer has more than max_tokens.`,
      'The first model of each column answers at the first try. Corrections, retries and reasoning cost extra.',
      'No answer is cached yet.',
      ...(batched.size > 0
        ? [
            'A batch takes up to a day. Each correction of an invalid answer is another wait.',
            ...([...batchQueues(plan).values()].some(({ limit }) => limit < Infinity)
              ? ['Batches that do not fit into `batch_enqueued_token_limit` wait for others.']
              : []),
          ]
        : []),
      ...(plan.accept ? ['Every row passes `accept`. Each that does not costs another one.'] : []),
    ],
    prices_as_of: PRICES_AS_OF,
  };
  return { report, problems, made };
}

/** All stages, and what those cost together that are made. */
export function stagesReport(recipe: string, stages: readonly StageReport[]): StagesReport {
  const made = stages.filter(({ file }) => file === null);
  return { recipe, stages, total: totalOf(made.map(({ total }) => total)) };
}

const namesOf = (columns: readonly { readonly name: string }[]): readonly string[] =>
  columns.map(({ name }) => name);

/** The step of each column: 1 plus the highest step of the columns it depends on. */
function stepsOf(columns: readonly PlannedColumn[]): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  for (const { column, dependsOn } of columns)
    steps.set(column.name, 1 + Math.max(0, ...dependsOn.map((name) => steps.get(name) ?? 0)));
  return steps;
}

/** The price of batches. */
function atShare(work: Work, share = 1): Work {
  return work.cost_usd === null ? work : { ...work, cost_usd: work.cost_usd * share };
}

/** The waits of all levels: the batches of a level are in work together, as far as their queue takes them. */
function waitsOf(
  plan: Plan,
  reports: readonly ColumnReport[],
  batched: ReadonlyMap<string, unknown>,
): number {
  const queues = batchQueues(plan);
  const tokens = new Map(reports.map(({ name, input_tokens }) => [name, input_tokens ?? 0]));
  const levels = new Map<string, number>();
  const sums = new Map<number, Map<BatchQueue, number>>();
  for (const { column, dependsOn } of plan.columns) {
    const alias = column.modelAliases.find((each) => batched.has(each));
    const queue = queues.get(alias ?? '');
    const level = Math.max(0, ...dependsOn.map((name) => levels.get(name) ?? 0)) + (queue ? 1 : 0);
    levels.set(column.name, level);
    if (!queue) continue;
    const sum = sums.get(level) ?? new Map<BatchQueue, number>();
    sums.set(level, sum.set(queue, (sum.get(queue) ?? 0) + (tokens.get(column.name) ?? 0)));
  }
  const rounds = ([{ limit }, sum]: readonly [BatchQueue, number]): number => Math.ceil(sum / limit);
  return [...sums.values()].reduce((waits, sum) => waits + Math.max(1, ...[...sum].map(rounds)), 0);
}

function workOf(model: Model | undefined, rows: PlannedRows, estimate: Estimate | undefined): Work {
  if (!model) return { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
  if (rows.count === null || rows.looked_at === 0)
    return { calls: rows.count, input_tokens: null, output_tokens: null, cost_usd: null };
  const scale = rows.count / rows.looked_at;
  const { calls = 0, input = 0, output = 0 } = estimate ?? {};
  const tokens = { ...noTokens, input: Math.round(input * scale), output: Math.round(output * scale) };
  return {
    calls: Math.round(calls * scale),
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    cost_usd: costOf(tokens, calls, model.prices).usd ?? null,
  };
}

function totalOf(columns: readonly Work[]): Work {
  const sum = (values: readonly (number | null)[]): number | null =>
    values.includes(null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const costs = columns.map(({ cost_usd }) => ({ usd: cost_usd ?? undefined, atLeast: cost_usd === null }));
  const cost = addCosts(costs);
  return {
    calls: sum(columns.map(({ calls }) => calls)),
    input_tokens: sum(columns.map((column) => column.input_tokens)),
    output_tokens: sum(columns.map((column) => column.output_tokens)),
    cost_usd: cost.atLeast ? null : (cost.usd ?? null),
  };
}
