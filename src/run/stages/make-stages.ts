/**
 * Makes the stages of a recipe, one after the other: each is a run of its own, so what is stored costs a look-up, and a
 * run that was stopped anywhere goes on. Two runs of one recipe do not mix: a lock is held over all its stages.
 */
import { basename } from 'node:path';
import { allNeeds, type Needs } from '../../core/graph.js';
import { err, ok, type Result } from '../../core/result.js';
import { foldersOf, isSafeName } from '../../dataset/folders.js';
import { readMetadata } from '../../dataset/metadata.js';
import type { Model } from '../../models/types.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import { allowRunHosts } from '../allow-hosts.js';
import { lockDataset } from '../lock-run.js';
import { noBatches, openAllowed, type Allowed } from '../allowed.js';
import { makeDataset } from '../make-dataset.js';
import type { OpenedRecipe, OpenedStage } from '../open-recipe.js';
import type { RunTools } from '../open-tools.js';
import { findOverwrite } from '../overwrite-guard.js';
import { freshName } from '../prepare-run.js';
import type { RunProblem } from '../problem.js';
import type { MadeStage, RunOutcome, RunRequest } from '../request.js';
import { findUnpriced } from '../spending-limits.js';
import { EXIT } from '../status.js';
import { unknownName } from '../unknown-name.js';
import type { Interrupt } from '../stop.js';
import { bindStage } from './bind.js';

/** What is asked of a run of all stages. Each gets it as a request of its own. */
export interface StagesRequest extends Omit<RunRequest, 'plan' | 'openedWith' | 'preview' | 'retry'> {
  readonly recipe: OpenedRecipe;
  /** Make this stage, and those it needs. Default: all. */
  readonly stage?: string | undefined;
  /** Makes one of them. Default: `makeDataset`. */
  readonly make?: (stage: StageToMake, request: RunRequest) => Promise<Result<RunOutcome, RunProblem>>;
}

export interface StageToMake {
  readonly name: string;
  /** Counted from 0, of those that this run makes. */
  readonly index: number;
  readonly count: number;
  readonly opened: OpenedRecipe;
  /** Rows that failed in the stages it needs, so that it has nothing to make of them. */
  readonly missing: readonly { readonly stage: string; readonly failed: number }[];
}

export interface StagesOutcome {
  /** The stages that were made, in order. */
  readonly stages: readonly MadeStage[];
  /** Of the stage that was stopped; else 1 where rows failed. */
  readonly exitCode: number;
}

/** Why no stage, or no further stage, can be made. */
export interface StageProblem extends RunProblem {
  /** The stage whose recipe `at` points into. */
  readonly opened: OpenedRecipe;
  readonly made: readonly MadeStage[];
}

export async function makeStages(request: StagesRequest): Promise<Result<StagesOutcome, StageProblem>> {
  const { recipe, stage, target, rows } = request;
  const wanted = stagesToMake(recipe.stages ?? [], stage);
  const name = await datasetsName(recipe, request);
  const fail = (problem: RunProblem, opened = recipe): Result<never, StageProblem> =>
    err({ ...problem, opened, made: [] });
  if (rows?.partition) return fail(noPartitions);
  if (wanted.length === 0) return fail(nothingToMake(recipe.stages ?? [], stage));
  const folders = foldersOf(target.artifactPath, name);
  if (!isSafeName(name)) return fail({ message: `\`${name}\` cannot begin the names of datasets` });
  let inBatches = 0;
  const tools: (readonly [RunTools, OpenedRecipe])[] = [];
  for (const each of wanted) {
    const checked = await checkStage(each, name, request);
    if (!checked.ok) return fail(checked.error, each.opened);
    inBatches += checked.value.batched.size;
    tools.push([checked.value.tools, each.opened]);
  }
  // A server of a later stage that refuses is found before the first stage is paid.
  for (const [stageTools, opened] of tools) {
    const problem = await stageTools.askElsewhere().finally(() => stageTools.close());
    if (problem) return fail(problem, opened);
  }
  const asksAny = wanted.some(({ opened: { plan } }) => (plan?.models.size ?? 0) > 0);
  if (request.batch?.all === true && request.answers?.dryRun !== true && asksAny && inBatches === 0)
    return fail(noBatches());
  const locked = await lockDataset(folders, async () => ok(await makeAll(wanted, name, request)));
  return locked.ok ? locked.value : fail(locked.error);
}

const noPartitions: RunProblem = {
  message:
    'a recipe with stages cannot be cut into partitions: a later stage needs all rows of the earlier ones',
  hint: 'several machines can make one stage with dd run --queue, where it is set up',
};

function nothingToMake(stages: readonly OpenedStage[], stage: string | undefined): RunProblem {
  const names = stages.map(({ name }) => name);
  if (stage === undefined) return { message: 'files take the place of all stages: there is nothing to make' };
  return names.includes(stage)
    ? {
        message: `stage \`${stage}\` is not made: a file takes its place`,
        hint: 'leave out its --stage-output',
      }
    : unknownName(`there is no stage \`${stage}\``, stage, names);
}

/** Without those that a file takes the place of, and what only they need. */
export function stagesToMake(
  stages: readonly OpenedStage[],
  target: string | undefined,
): readonly OpenedStage[] {
  const needs: Needs = new Map(
    stages.map((stage) => [stage.name, stage.file === undefined ? stage.needs : []]),
  );
  const all = new Set(stages.flatMap((stage) => stage.needs));
  const ends = stages.filter(({ name }) => (target === undefined ? !all.has(name) : name === target));
  const wanted = new Set(ends.flatMap(({ name }) => [name, ...allNeeds(needs, name)]));
  return stages.filter(({ name, file }) => wanted.has(name) && file === undefined);
}

/** What the names of the datasets begin with: `NAME.STAGE`. */
export async function datasetsName(
  { loaded: { recipe } }: OpenedRecipe,
  { target, answers = {} }: Pick<StagesRequest, 'target' | 'answers'>,
): Promise<string> {
  const base = target.name ?? `${recipe?.name ?? ''}${answers.dryRun === true ? '-dry-run' : ''}`;
  return target.fresh === true ? freshName(target.artifactPath, base, new Date()) : base;
}

/** Found before the first stage is made, though it concerns a later one. */
async function checkStage(
  { name: stage, opened: { plan, openedWith } }: OpenedStage,
  name: string,
  request: StagesRequest,
): Promise<Result<Allowed, RunProblem>> {
  const { target, answers: { dryRun = false } = {}, limits = {} } = request;
  if (!plan) return err({ message: 'the recipe has mistakes' });
  const dataset = `${name}.${stage}`;
  if (!isSafeName(dataset))
    return err({
      message: `\`${dataset}\` cannot be the name of a dataset`,
      hint: 'give the stage a shorter name, or the datasets with --dataset-name',
      at: ['name'],
    });
  const folders = foldersOf(target.artifactPath, dataset);
  const problem =
    (await allowRunHosts(plan, request)) ??
    (await findOverwrite(folders, { recipe: plan.recipe.name, dryRun })) ??
    (await otherOutputs(folders.dataset, openedWith.stageOutputs)) ??
    (dryRun ? undefined : findUnpriced(plan, limits));
  return problem ? err(problem) : openAllowed({ ...request, plan, openedWith });
}

/** A dataset that was made with a file in place of a stage is not made from the stage itself unless that is said. */
async function otherOutputs(
  dataset: string,
  given: Readonly<Record<string, string>> = {},
): Promise<RunProblem | undefined> {
  const before = (await readMetadata(dataset))?.origin?.stage_outputs ?? {};
  const stage = Object.keys(before).find((name) => before[name] !== '' && given[name] === undefined);
  if (stage === undefined) return undefined;
  return {
    message: `\`${basename(dataset)}\` was made with a file in place of stage \`${stage}\``,
    hint: `give it again: --stage-output ${stage}=${before[stage]}; or go back to the stage itself: --stage-output ${stage}=`,
  };
}

async function makeAll(
  wanted: readonly OpenedStage[],
  name: string,
  {
    recipe: _recipe,
    stage: _stage,
    make = (_, one) => makeDataset(one),
    interrupt,
    ...request
  }: StagesRequest,
): Promise<Result<StagesOutcome, StageProblem>> {
  const made: MadeStage[] = [];
  const spent: UsageEntry[] = [...(request.limits?.spent ?? [])];
  const models = new Map<string, Model>();
  const { close, ...signals } = interrupt?.() ?? ({} as Partial<Interrupt>);
  const { stop, abort } = signals;
  try {
    for (const [index, { name: stage, needs, opened }] of wanted.entries()) {
      const { plan } = opened;
      if (!plan) break;
      const missing = made.flatMap(({ name: earlier, outcome: { metadata } }) =>
        needs.includes(earlier) && metadata.rows.failed > 0
          ? [{ stage: earlier, failed: metadata.rows.failed }]
          : [],
      );
      const isFirst = needs.length === 0;
      request.onEvent?.({ kind: 'stage', stage, index, count: wanted.length });
      const outcome = await make(
        { name: stage, index, count: wanted.length, opened, missing },
        {
          ...request,
          plan: bindStage(plan, request.target.artifactPath, name),
          openedWith: opened.openedWith,
          target: { artifactPath: request.target.artifactPath, name: `${name}.${stage}` },
          // Which rows a later stage has, and in which order, follows from the earlier ones.
          rows: isFirst ? { ...request.rows } : { seed: request.rows?.seed },
          limits: { ...request.limits, spent, models },
          ...(stop && abort && { interrupt: () => ({ stop, abort }) }),
        },
      );
      if (!outcome.ok) return err({ ...outcome.error, opened, made });
      made.push({ name: stage, outcome: outcome.value });
      spent.push(...outcome.value.usage);
      for (const [alias, model] of plan.models) models.set(alias, model);
      const { exitCode } = outcome.value;
      if (outcome.value.stopped) return ok({ stages: made, exitCode });
      if (stop?.aborted === true && index + 1 < wanted.length)
        return ok({ stages: made, exitCode: EXIT.interrupted });
    }
  } finally {
    close?.();
  }
  const codes = made.map(({ outcome }) => outcome.exitCode);
  return ok({ stages: made, exitCode: codes.find((code) => code !== EXIT.complete) ?? EXIT.complete });
}
