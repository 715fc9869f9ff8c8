import { dirname } from 'node:path';
import { systemClock } from '../core/clock.js';
import { onAbort } from '../core/on-abort.js';
import { foldersOf, type Folders } from '../dataset/folders.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan, PlannedAccept } from '../engine/types.js';
import type { RowCondition } from '../seeds/where.js';
import { canResume } from './can-resume.js';
import { checkFirstRows } from './check-first-rows.js';
import { openAllowed } from './allowed.js';
import { allowRunHosts } from './allow-hosts.js';
import { listTools } from './open-tools.js';
import { lockRun } from './lock-run.js';
import { prepareRun } from './prepare-run.js';
import type { prepareQueue } from './queue/run-on-queue.js';
import type { RunProblem } from './problem.js';
import { publishRun } from './publish-run.js';
import { runPlan, type RunPlanInput } from './run-plan.js';
import { openDatasetSink, openPreviewSink } from './row-sink.js';
import type { RowSelection } from './seed-rows.js';
import { createRunStopper, stopOnInterrupt } from './stop.js';
import type { BatchModel } from './batch/batch-models.js';
import { readRecords } from './batch/records.js';
import type { BatchesMade } from './batch/run-batches.js';
import type { BatchRequest, RunRequest, RunOutcome } from './request.js';

/**
 * Makes a dataset, or a preview, in four steps: prepare, lock, run, publish. Rejects only for faults of the
 * machine (a full disk, a folder that cannot be written); failed rows and refused keys are in the outcome.
 */
export async function makeDataset(request: RunRequest): Promise<Result<RunOutcome, RunProblem>> {
  const { target, env, preview = false, answers = {}, limits = {}, retry } = request;
  const rows = { total: request.plan.recipe.num_records, ...request.rows };
  const plan = planOf(request.plan, rows, answers.dryRun ?? false);
  const { onEvent = () => undefined, onRecord, onRow, openedWith } = request;
  const { dryRun = false } = answers;
  const clock = request.clock ?? systemClock;
  const started = new Date();
  const startedAt = clock.now();

  const refused = await allowRunHosts(plan, request);
  if (refused) return err(refused);
  const prepared = await prepareRun({ plan, target, rows, preview, dryRun, limits, env, started, onEvent });
  if (!prepared.ok) return prepared;
  const { folders, notes, opened, wanted } = prepared.value;
  const allowed = await openAllowed(request);
  if (!allowed.ok) return allowed;
  const { batched, tools, programs } = allowed.value;
  const failing = dryRun || retry ? undefined : await checkFirstRows(plan, opened);
  if (failing) return err(failing);

  const queue = request.queue && (await openQueue(request.queue, { plan, folders }));
  if (queue?.ok === false) return queue;
  const whole = wholeOf(request, folders);
  const making = lockRun(folders, { preview, dryRun, whole, onEvent }, async () => {
    const stopper = createRunStopper(onEvent);
    const letGo = request.interrupt ? stopOnInterrupt(stopper, request.interrupt()) : () => undefined;
    try {
      // A server that does not come up is not waited for after Ctrl-C.
      const stopListing = onAbort(stopper.stopped, () => void tools.close());
      const missing = dryRun ? undefined : await listTools(plan, tools);
      stopListing();
      if (missing && !stopper.stopped.aborted) return err(missing);
      const resume = await canResume(request, folders);
      const sink = preview
        ? openPreviewSink(plan)
        : await openDatasetSink(folders, { plan, started, fabricated: dryRun });
      const input: RunPlanInput = {
        plan,
        rows: opened,
        wanted,
        answerStore: folders.answerStore,
        answers,
        limits,
        env,
        resume,
        sink,
        stopper,
        toolbox: tools.toolbox,
        programs,
        retry: retry?.scope,
        onEvent,
        onRecord,
        onRow,
        showAll: preview,
        queue: queue?.value.run,
      };
      const batches = await makeInBatches(input, batched, folders, request.batch);
      const made = await runPlan(batches ? { ...input, resume: false, batching: batches.batching } : input);
      const published = await publishRun(made, {
        plan,
        openedWith,
        folders,
        sink,
        rows,
        opened,
        wanted,
        notes,
        dryRun,
        retry,
        started,
        seconds: (clock.now() - startedAt) / 1000,
      });
      if (published.ok && published.value.stopped === undefined) await batches?.finish();
      return published;
    } finally {
      letGo();
      stopper.release();
      await Promise.all([tools.close(), programs?.close()]);
    }
  });
  return making.finally(() => queue?.value.close());
}

async function openQueue(...request: Parameters<typeof prepareQueue>): ReturnType<typeof prepareQueue> {
  return (await import('./queue/run-on-queue.js')).prepareQueue(...request);
}

async function makeInBatches(
  input: RunPlanInput,
  models: ReadonlyMap<string, BatchModel>,
  { batches, name }: Folders,
  { all = false, corrections = 'batch', waits = true, graceMs, clock, today }: BatchRequest = {},
): Promise<BatchesMade | undefined> {
  const note = (text: string): void => input.onEvent({ kind: 'batch', step: 'note', text });
  const isReal = input.answers.dryRun !== true;
  if (all && isReal)
    for (const { alias, endpoint } of input.plan.models.values())
      if (!models.has(alias)) note(`\`${alias}\` (${endpoint.provider}) is asked online`);
  if (models.size === 0) {
    const open = (await readRecords(batches)).filter(({ state }) => state === 'submitted').length;
    if (open > 0 && isReal)
      note(
        `${open === 1 ? '1 batch' : `${open} batches`} of this dataset may be under way: dd run --batch takes in the answers, this run asks for them again`,
      );
    return undefined;
  }
  const { runBatches } = await import('./batch/run-batches.js');
  return runBatches(input, {
    folder: batches,
    dataset: name,
    models,
    corrections,
    waits,
    graceMs,
    ...(clock && { clock }),
    ...(today && { today }),
  });
}

/** The lock of all stages, for one that is retried: a run of them all holds it already. */
const wholeOf = ({ plan: { stage }, retry }: RunRequest, { name, dataset }: Folders): Folders | undefined =>
  retry && stage ? foldersOf(dirname(dataset), name.slice(0, -(stage.name.length + 1))) : undefined;

/**
 * The plan under the flags of the run. A partition holds its rows as they were made: `dd merge` runs the processors.
 * Fabricated answers say nothing about rows: in a dry run, `accept` is worked out and takes every row.
 */
function planOf(
  plan: Plan,
  { seed: randomSeed = plan.randomSeed, partition }: RowSelection,
  dryRun: boolean,
): Plan {
  const accept = plan.accept && dryRun ? acceptingAll(plan.accept) : plan.accept;
  return { ...plan, randomSeed, accept, ...(partition && { processors: [], output: plan.made }) };
}

function acceptingAll(accept: PlannedAccept): PlannedAccept {
  const holds: RowCondition['holds'] = (row) => {
    const held = accept.condition.holds(row);
    return held.ok ? ok(true) : held;
  };
  return { ...accept, condition: { ...accept.condition, holds } };
}
