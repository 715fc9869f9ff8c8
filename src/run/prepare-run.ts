import { readdir } from 'node:fs/promises';
import { DEFAULTS } from '../core/defaults.js';
import { foldersOf, isSafeName, type Folders } from '../dataset/folders.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { findOverwrite, finishedRows } from './overwrite-guard.js';
import type { RunProblem } from './problem.js';
import { openRows, type OpenedRows, type RowSelection, type RowsRequest } from './seed-rows.js';
import { shareOf } from '../seeds/select.js';
import { findUnpriced, type SpendingLimits } from './spending-limits.js';
import type { EventSink, SeedNote } from '../core/events.js';

/** Where a dataset goes. */
export interface DatasetTarget {
  /** Folder of datasets. Answers are kept in `.dd` beside it. */
  readonly artifactPath: string;
  /** Name of this dataset's folder. Default: the recipe's name. */
  readonly name?: string | undefined;
  /** Make a new folder with a timestamp instead of bringing the dataset of this name up to date. */
  readonly fresh?: boolean;
}

export interface PrepareInput {
  readonly plan: Plan;
  readonly target: DatasetTarget;
  readonly rows: RowSelection;
  readonly preview: boolean;
  readonly dryRun: boolean;
  readonly limits: SpendingLimits;
  readonly started: Date;
  readonly env: RowsRequest['env'];
  readonly onEvent: EventSink;
}

/** A run that can begin. */
export interface PreparedRun {
  readonly folders: Folders;
  readonly opened: OpenedRows;
  /** With `accept`: how many rows must be accepted, `Infinity` for all that the seed gives. */
  readonly wanted: number | undefined;
  /** Grows while the rows are read. */
  readonly notes: readonly SeedNote[];
}

/** The first step of a run: finds what is wrong before anything is written or asked, and opens the seed. */
export async function prepareRun(input: PrepareInput): Promise<Result<PreparedRun, RunProblem>> {
  const { plan, target, rows, preview, dryRun, limits, env, onEvent } = input;
  const name = await datasetName(input);
  if (!name.ok) return name;
  const folders = foldersOf(target.artifactPath, name.value);
  const problem =
    (preview ? undefined : await findOverwrite(folders, { recipe: plan.recipe.name, dryRun, ...rows })) ??
    (dryRun ? undefined : findUnpriced(plan, limits));
  if (problem) return err(problem);

  const notes: SeedNote[] = [];
  const asked = preview ? { ...rows, limit: rows.limit ?? previewRows(rows) } : rows;
  const wanted = plan.accept && wantedRows(plan, asked);
  const opened = await openRows(plan, {
    rows:
      wanted === undefined
        ? asked
        : { ...rows, limit: undefined, total: undefined, isEndless: Number.isFinite(wanted) },
    env,
    onNote(note) {
      notes.push(note);
      onEvent({ kind: 'seed-note', note });
    },
  });
  if (!opened.ok) return opened;
  if (!preview) await tellSmaller(folders, wanted ?? opened.value.count ?? rows.limit ?? rows.total, onEvent);
  return ok({ folders, opened: opened.value, wanted, notes });
}

const previewRows = ({ total = Infinity }: RowSelection): number => Math.min(total, DEFAULTS.preview_rows);

/** How many rows a run with `accept` has to make: a partition makes its share of them. */
function wantedRows({ seed }: Plan, { limit, total, partition }: RowSelection): number {
  const all = limit ?? total ?? (seed ? Infinity : DEFAULTS.seedless_rows);
  if (!partition || !Number.isFinite(all)) return all;
  return shareOf(all, partition);
}

/** Tells when the run will make fewer rows than the finished dataset has that it replaces. */
async function tellSmaller(folders: Folders, most: number | undefined, onEvent: EventSink): Promise<void> {
  if (most === undefined || !Number.isFinite(most)) return;
  const before = await finishedRows(folders.dataset);
  if (most < before) onEvent({ kind: 'smaller-dataset', before, rows: most });
}

/**
 * The folder's name: the recipe's name, unless another is given. A dry run and a partition have folders of their
 * own, so that they never replace the whole, real dataset; `fresh` adds a timestamp that sorts.
 */
async function datasetName({
  plan,
  target,
  rows,
  dryRun,
  started,
}: PrepareInput): Promise<Result<string, RunProblem>> {
  const { partition } = rows;
  const base =
    target.name ??
    [
      plan.recipe.name,
      ...(partition ? [`part-${padded(partition.index)}-of-${padded(partition.num_partitions)}`] : []),
      ...(dryRun ? ['dry-run'] : []),
    ].join('-');
  const name = target.fresh ? await freshName(target.artifactPath, base, started) : base;
  if (isSafeName(name)) return ok(name);
  return err({
    message: `\`${name}\` cannot be the name of a dataset`,
    hint: 'use letters, digits, spaces, dots, dashes and underscores; give another with --dataset-name',
    ...(target.name === undefined && { at: ['name'] }),
  });
}

/** A name that sorts behind those of earlier runs and is none of them, also after the system's clock was set back. */
export async function freshName(artifacts: string, base: string, started: Date): Promise<string> {
  const names = await readdir(artifacts).catch(() => []);
  const stamp = /^-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.partial)?$/;
  const times = names
    .filter((name) => name.startsWith(base) && stamp.test(name.slice(base.length)))
    .map((name) => Date.parse(name.slice(base.length).replace(stamp, '$1-$2-$3T$4:$5:$6Z')));
  const last = Math.max(...times.filter((time) => !Number.isNaN(time)));
  const second = Math.floor(started.getTime() / 1000) * 1000;
  const time = new Date(Math.max(second, last + 1000));
  return `${base}-${time.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}`;
}

const padded = (part: number): string => String(part).padStart(5, '0');
