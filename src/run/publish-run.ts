import type { Folders } from '../dataset/folders.js';
import { describePlan, type RowCounts } from '../dataset/metadata.js';
import type { Plan } from '../engine/types.js';
import { version } from '../core/package-folder.js';
import { err, ok, type Result } from '../core/result.js';
import { emptySeed } from './check-seed.js';
import type { OpenRecipeOptions } from './open-recipe.js';
import { originOf } from './origin.js';
import { finishedRows } from './overwrite-guard.js';
import type { RunProblem } from './problem.js';
import type { RowSink } from './row-sink.js';
import type { RunResult } from './run-plan.js';
import type { OpenedRows, RowSelection } from './seed-rows.js';
import { exitCodeOf, statusOf } from './status.js';
import { usageReport } from './usage-report.js';
import type { SeedNote, StopReason } from '../core/events.js';
import type { Retry, RunOutcome } from './request.js';

export interface PublishInput {
  readonly plan: Plan;
  readonly openedWith: OpenRecipeOptions;
  readonly folders: Folders;
  readonly sink: RowSink;
  readonly rows: RowSelection;
  readonly opened: OpenedRows;
  /** With `accept`: how many rows must be accepted. */
  readonly wanted: number | undefined;
  readonly notes: readonly SeedNote[];
  readonly dryRun: boolean;
  readonly retry: Retry | undefined;
  readonly started: Date;
  /** How long it took. The system's clock may have been set meanwhile. */
  readonly seconds: number;
}

/** The last step of a run: writes its metadata and puts the dataset in its place, unless there is nothing to keep. */
export async function publishRun(
  { counter, readToEnd, reason, usage }: RunResult,
  {
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
    seconds,
  }: PublishInput,
): Promise<Result<RunOutcome, RunProblem>> {
  const finished = new Date(started.getTime() + seconds * 1000);
  const filtered = notes.reduce((sum, note) => sum + (note.kind === 'filtered' ? note.count : 0), 0);
  const counts = counter.counts(filtered, reason && (Number.isFinite(wanted) ? wanted : opened.count));
  const stopped = isWhole(reason, counts, readToEnd) ? undefined : reason;

  const isPoorer = !stopped && retry !== undefined && goodRows(counts) < goodRows(retry.previous.rows);
  const isEmpty =
    plan.mayBeEmpty !== true && !reason && goodRows(counts) + counts.failed + (counts.rejected ?? 0) === 0;
  if (isPoorer || isEmpty) {
    await sink.abandon({ status: 'stopped', finished_at: finished.toISOString(), rows: counts });
    return err(isPoorer ? answersGone(folders.name) : emptySeed(notes, plan));
  }
  const accept = counter.accept();
  const found = counts.done + counts.failed + counts.skipped + counts.unfinished;
  // Of a run's own number, a partition makes its share.
  const asked = rows.limit ?? (rows.partition ? undefined : rows.total);
  const isShort = !accept && asked !== undefined && readToEnd && !retry && found < asked;
  const nullCells = counter.nullCells();
  const validity = counter.validity();
  const before = await finishedRows(folders.dataset);
  const { metadata, dataset } = await sink.close(({ parts, processors }) => ({
    dataset: folders.name,
    status: stopped || !retry ? statusOf(stopped) : retry.previous.status,
    fabricated: dryRun,
    ...describePlan(plan),
    origin: originOf(plan, openedWith, rows, folders),
    seed: plan.randomSeed,
    partition: rows.partition ?? null,
    seed_read_to_end: readToEnd,
    rows: counts,
    ...(isShort && { shortfall: { asked, found } }),
    ...(accept && { accept }),
    failures: counter.failures(),
    ...(Object.keys(nullCells).length > 0 && { null_cells: nullCells }),
    ...(validity && { validity }),
    seed_notes: notes,
    ...(processors.length > 0 && { processors }),
    ...(rows.partition && hasProcessors(plan) && { processors_due: { dropped: droppedOf(plan) } }),
    parts,
    ...usageReport(plan, usage),
    started_at: started.toISOString(),
    finished_at: finished.toISOString(),
    seconds: Math.round(seconds * 1000) / 1000,
    dd_version: version(),
    node_version: process.version,
  }));
  const exitCode = exitCodeOf({
    status: statusOf(stopped),
    rows: counts,
    accept,
    processors: metadata.processors,
  });
  const isSmaller = dataset === folders.dataset && goodRows(counts) < before;
  return ok({ metadata, dataset, stopped, exitCode, usage, ...(isSmaller && { replacedRows: before }) });
}

/** True when a limit was reached by the last call: it stopped nothing. */
function isWhole(reason: StopReason | undefined, rows: RowCounts, readToEnd: boolean): boolean {
  return reason?.kind === 'limit' && readToEnd && rows.unfinished === 0;
}

const hasProcessors = ({ recipe }: Plan): boolean => (recipe.processors ?? []).length > 0;

/** The columns of a partition that its dataset will not have. */
const droppedOf = ({ made, dropped }: Plan): readonly string[] =>
  made.map(({ name }) => name).filter((name) => dropped.has(name));

const goodRows = ({ done, skipped }: RowCounts): number => done + skipped;

function answersGone(name: string): RunProblem {
  return {
    message: `rows of \`${name}\` could not be made again from stored answers, so it is left as it is`,
    hint: 'the seed has changed, or .dd/cells was removed; dd run brings the dataset up to date',
  };
}
