/**
 * What a run may use beyond its models: batches, tools, programs. What the recipe names and the person has not allowed, and
 * flags that do not go together, are found here, before anything is asked. Nothing is started yet.
 */
import { err, ok, type Result } from '../core/result.js';
import type { Programs } from '../tools/programs.js';
import { allowCommands } from './allow-commands.js';
import { knownBatches, openBatchModels, type BatchModel } from './batch/batch-models.js';
import { allowTools, type RunTools } from './open-tools.js';
import type { RunProblem } from './problem.js';
import type { RunRequest } from './request.js';

export interface Allowed {
  /** The models that are asked in batches. */
  readonly batched: ReadonlyMap<string, BatchModel>;
  readonly tools: RunTools;
  readonly programs: Programs | undefined;
}

export async function openAllowed(request: RunRequest): Promise<Result<Allowed, RunProblem>> {
  const { plan, env, preview = false, answers: { dryRun = false } = {}, retry, queue } = request;
  const isOnline = preview || dryRun || retry !== undefined;
  const batched = isOnline ? ok(new Map<string, BatchModel>()) : openBatches(request);
  if (!batched.ok) return batched;
  const common = { env, dryRun, isOnQueue: queue !== undefined };
  const tools = await allowTools(plan, { ...common, allow: request.allowTools ?? false });
  if (!tools.ok) return tools;
  const programs = await allowCommands(plan, { ...common, allow: request.allowCommands ?? false });
  if (!programs.ok) return programs;
  return ok({ batched: batched.value, tools: tools.value, programs: programs.value });
}

function openBatches({
  plan,
  env,
  batch: { all = false } = {},
  answers: { refresh = false, retryFailed = false } = {},
  queue,
}: RunRequest): Result<ReadonlyMap<string, BatchModel>, RunProblem> {
  const opened = openBatchModels(plan, env, all);
  if (!opened.ok || (opened.value.size === 0 && !all)) return opened;
  const flag = refresh ? '--no-cache' : retryFailed ? '--retry-failed' : queue ? '--queue' : undefined;
  if (flag !== undefined)
    return err({
      message: `${flag} and batches do not go together`,
      hint: `remove ${flag}, or ask online: without --batch, and with \`batch: false\` for models that say \`batch: true\``,
    });
  // Stages without such models are made online.
  if (opened.value.size > 0 || plan.models.size === 0 || plan.stage) return opened;
  return err(noBatches());
}

export const noBatches = (): RunProblem => ({
  message: 'no model of this recipe can be asked in batches',
  hint: `dd knows the batches of ${knownBatches()}; run without --batch`,
});
