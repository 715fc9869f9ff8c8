import { DEFAULTS } from '../core/defaults.js';
import { dirname } from 'node:path';
import { foldersOf, type Folders, isSafeName } from '../dataset/folders.js';
import { takeLock, takePreviewLock } from '../dataset/lock.js';
import { describePlan, type Metadata, type RowCounts } from '../dataset/metadata.js';
import { err, ok, type Result } from '../core/result.js';
import { version } from '../core/package-folder.js';
import { emptySeed } from './check-seed.js';
import { stopOnErrorRate } from './error-rate.js';
import { findReplacement } from './overwrite-guard.js';
import { makeRows } from './make-rows.js';
import { mayGoOn } from './can-resume.js';
import { originOf } from './origin.js';
import { datasetSink, previewSink } from './row-sink.js';
import { openModels } from './open-models.js';
import type { RunProblem } from './problem.js';
import type { RunRequest } from './request.js';
import { exitCodeOf, statusOf } from './status.js';
import { openRows, type OpenedRows } from './seed-rows.js';
import { findUnpriced } from './spending-limits.js';
import { createStopSwitch, stopOnRefusal, stopOnSignals } from './stop.js';
import { findStoreProblem } from './usable-store.js';
import { newRunId, recordRun, type RunRecord } from '../dataset/run-history.js';
import { thisProcess } from '../dataset/lock-owner.js';
import type { SeedNote, StopReason } from '../core/events.js';

export interface RunOutcome {
  readonly metadata: Metadata;
  /** The dataset's folder; `undefined` for a preview. */
  readonly dataset: string | undefined;
  /** Why it ended early, if it did. */
  readonly stopped: StopReason | undefined;
  readonly exitCode: number;
}

/**
 * Runs a plan and leaves a dataset, or shows a preview. Rejects only for faults of the machine (a full
 * disk, a folder that may not be written); whatever rows and models do is in the outcome.
 */
export async function makeDataset(request: RunRequest): Promise<Result<RunOutcome, RunProblem>> {
  const started = new Date();
  const name = datasetName(request, started);
  if (!name.ok) return name;
  const folders = foldersOf(request.artifactPath, name.value);
  const replacement = await findReplacement(request, folders);
  if (replacement) return err(replacement);
  const unpriced = request.dryRun ? undefined : findUnpriced(request.plan, request.limits ?? {});
  if (unpriced) return err(unpriced);

  const notes: SeedNote[] = [];
  const rows = await openRows(request.plan, {
    rows: {
      limit: request.numRecords ?? (request.preview ? DEFAULTS.preview_rows : undefined),
      shuffle: request.shuffle,
      seed: request.seed,
      partition: request.partition,
    },
    env: request.env,
    onNote(note) {
      notes.push(note);
      request.onEvent({ kind: 'seed-note', note });
    },
  });
  if (!rows.ok) return rows;

  const lock = request.preview ? ok(await lockPreview(request, folders)) : await takeLock(folders.lock);
  if (!lock.ok)
    return err({ message: `\`${folders.name}\` is busy: ${lock.error}`, hint: 'wait for it to end' });
  try {
    const storeProblem = request.dryRun
      ? undefined
      : await findStoreProblem(folders, (text) => request.onEvent({ kind: 'store-note', text }));
    if (storeProblem) return err(storeProblem);
    return await runUnderLock(request, folders, rows.value, notes, started);
  } finally {
    await lock.value();
  }
}

/** A dry run leaves no trace and uses no store. */
async function lockPreview({ dryRun }: RunRequest, { lock }: Folders): Promise<() => Promise<void>> {
  return dryRun ? async () => undefined : takePreviewLock(dirname(lock));
}

async function runUnderLock(
  request: RunRequest,
  folders: Folders,
  rows: OpenedRows,
  notes: readonly SeedNote[],
  started: Date,
): Promise<Result<RunOutcome, RunProblem>> {
  const { plan } = request;
  const stopSwitch = createStopSwitch(request.onEvent);
  const watched = stopOnRefusal(request.onEvent, stopSwitch);
  const emit = stopOnErrorRate(watched, stopSwitch, plan.recipe.run_config ?? {});
  const { models, stored, usage, close } = await openModels({
    ...request,
    limits: request.dryRun ? {} : (request.limits ?? {}),
    cells: folders.cells,
    emit,
    stopSwitch,
  });
  const releaseSignals = stopOnSignals(stopSwitch.pull);
  try {
    const goesOn = await mayGoOn(request, folders);
    const entry = await openRunEntry(request, folders, started);
    const sink = request.preview ? previewSink() : await datasetSink(folders, plan);
    const { accounts, readToEnd } = await makeRows({
      request,
      rows,
      models,
      sink,
      emit,
      stop: stopSwitch.stop,
      leave: stopSwitch.leave,
      stored: goesOn ? stored() : undefined,
    });
    const finished_at = new Date();

    const filtered = notes.reduce((sum, note) => sum + (note.kind === 'filtered' ? note.count : 0), 0);
    const counts = accounts.counts(filtered, stopSwitch.reason && rows.count);
    const stopped = isWhole(stopSwitch.reason, counts, readToEnd) ? undefined : stopSwitch.reason;
    const isGone = !stopped && request.retry && isPoorer(counts, request.retry.previous.rows);
    const isEmpty = !stopSwitch.reason && counts.done + counts.failed + counts.skipped === 0;
    if (isGone || isEmpty) {
      await sink.abandon();
      await entry.ended({ status: 'stopped', finished_at: finished_at.toISOString(), rows: counts });
      return err(isGone ? answersGone(folders.name) : emptySeed(notes));
    }
    const { metadata, dataset } = await sink.close((parts) => ({
      dataset: folders.name,
      status: stopped || !request.retry ? statusOf(stopped) : request.retry.previous.status,
      fabricated: request.dryRun,
      ...describePlan(plan),
      origin: originOf(request, folders),
      seed: request.seed,
      partition: request.partition ?? null,
      seed_read_to_end: readToEnd,
      rows: counts,
      failures: accounts.failures(),
      seed_notes: notes,
      parts,
      ...usage(),
      started_at: started.toISOString(),
      finished_at: finished_at.toISOString(),
      seconds: (finished_at.getTime() - started.getTime()) / 1000,
      dd_version: version(),
      node_version: process.version,
    }));
    await entry.ended(metadata, dataset);
    const exitCode = exitCodeOf({ status: statusOf(stopped), rows: counts });
    return ok({ metadata, dataset, stopped, exitCode });
  } finally {
    releaseSignals();
    stopSwitch.release();
    await close();
  }
}

/** A limit that the very last call reached stopped nothing. */
function isWhole(reason: StopReason | undefined, rows: RowCounts, readToEnd: boolean): boolean {
  return reason?.kind === 'limit' && readToEnd && rows.unfinished === 0;
}

/** Whether rows that a dataset had are not there any more. */
function isPoorer(now: RowCounts, before: RowCounts): boolean {
  return now.done + now.skipped < before.done + before.skipped;
}

function answersGone(name: string): RunProblem {
  return {
    message: `rows of \`${name}\` could not be made again from stored answers, so it is left as it is`,
    hint: 'the seed has changed, or .dd/cells was removed; dd run brings the dataset up to date',
  };
}

/**
 * The folder of a run's dataset: the recipe's name, unless another was given. A dry run and a partition never
 * take the place of the real, whole dataset; `fresh` adds a timestamp that sorts.
 */
function datasetName(request: RunRequest, now: Date): Result<string, RunProblem> {
  const { plan, partition, dryRun, fresh } = request;
  const base =
    request.datasetName ??
    [
      plan.recipe.name,
      ...(partition ? [`part-${padded(partition.index)}-of-${padded(partition.num_partitions)}`] : []),
      ...(dryRun ? ['dry-run'] : []),
    ].join('-');
  const name = fresh ? `${base}-${now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}` : base;
  if (isSafeName(name)) return ok(name);
  return err({
    message: `\`${name}\` cannot be the name of a dataset`,
    hint: 'use letters, digits, spaces, dots, dashes and underscores; give another with --dataset-name',
    ...(request.datasetName === undefined && { at: ['name'] }),
  });
}

const padded = (part: number): string => String(part).padStart(5, '0');

/** A run's entry in the catalogue, `running` until it is ended. */
interface RunEntry {
  ended(end: Pick<Metadata, 'status' | 'finished_at' | 'rows'>, dataset?: string): Promise<void>;
}

/** Notes the run in the catalogue. A preview leaves nothing behind, so it is not noted. */
async function openRunEntry(request: RunRequest, folders: Folders, started: Date): Promise<RunEntry> {
  if (request.preview) return { ended: async () => undefined };
  const record: RunRecord = {
    id: newRunId(started),
    recipe: request.plan.recipe.name,
    dataset: folders.dataset,
    status: 'running',
    fabricated: request.dryRun,
    process: thisProcess(),
    started_at: started.toISOString(),
  };
  await recordRun(folders.runs, record);
  return {
    async ended({ status, finished_at, rows }, dataset = folders.dataset) {
      await recordRun(folders.runs, { ...record, status, dataset, finished_at, rows });
    },
  };
}
