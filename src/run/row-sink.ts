import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareStaging, publish, RUNNING, type Folders } from '../dataset/folders.js';
import { thisProcess } from '../dataset/lock-owner.js';
import { describePlan, writeMetadata, type Metadata, type ProcessorCounts } from '../dataset/metadata.js';
import { newRunId, recordRun, type RunRecord } from '../dataset/run-history.js';
import { mediaInMemory, mediaPlaces, openMediaFolder } from '../dataset/media.js';
import { openDatasetWriter } from '../dataset/writer.js';
import type { MediaFiles } from '../columns/types.js';
import type { CellFailure, RejectedRow } from '../core/events.js';
import type { Plan } from '../engine/types.js';
import type { PassingRow } from '../processors/types.js';
import type { JsonObject } from '../core/json.js';
import { describeBeside, openProcessing } from './process-rows.js';

/** Where finished rows go: to a dataset, or to the screen only. */
export interface RowSink {
  /** The files of images that rows have and read. */
  readonly media: MediaFiles;
  /** The rows to keep, of those that were made: see `openProcessing`. */
  process(rows: AsyncIterable<PassingRow>): AsyncIterable<PassingRow>;
  keep(row: JsonObject): Promise<void>;
  /** Failed cells of one row. */
  fail(failures: readonly CellFailure[], seed: JsonObject): Promise<void>;
  /** A row that `accept` did not take. */
  reject(row: RejectedRow): Promise<void>;
  /** Finishes with the run's metadata; returns the dataset's folder, if one was written. */
  close(describe: Describe): Promise<Published>;
  /** Ends without a dataset, in place of `close`, and leaves no files. */
  abandon(end: RunEnd): Promise<void>;
}

/** The metadata of a dataset, from what is known when its files are finished. */
export type Describe = (files: {
  readonly parts: number;
  readonly processors: readonly ProcessorCounts[];
}) => Metadata;

export interface Published {
  readonly metadata: Metadata;
  readonly dataset: string | undefined;
}

/** How a run ended, for its entry in the run history. */
export type RunEnd = Pick<Metadata, 'status' | 'finished_at' | 'rows'>;

export interface DatasetSinkOptions {
  readonly plan: Plan;
  readonly started: Date;
  readonly fabricated: boolean;
}

/** Writes to the staging folder, which takes the dataset's place at the end. The run is in the run history. */
export async function openDatasetSink(
  folders: Folders,
  { plan, started, fabricated }: DatasetSinkOptions,
): Promise<RowSink> {
  const entry: RunRecord = {
    id: await newRunId(folders.runs, started),
    recipe: plan.recipe.name,
    dataset: folders.dataset,
    status: 'running',
    fabricated,
    process: thisProcess(),
    started_at: started.toISOString(),
  };
  await recordRun(folders.runs, entry);
  const recordEnd = ({ status, finished_at, rows }: RunEnd, dataset = folders.dataset): Promise<void> =>
    recordRun(folders.runs, { ...entry, status, dataset, finished_at, rows });

  await prepareStaging(folders);
  // For `dd view`, until there is a metadata.json.
  const running = join(folders.staging, RUNNING);
  await writeFile(running, JSON.stringify({ status: 'running', fabricated, ...describePlan(plan) }));
  const writer = await openDatasetWriter(folders.staging, plan.output, {
    hasRejected: plan.accept !== undefined,
  });
  const processing = openProcessing(plan, folders.staging);
  const media = openMediaFolder(folders.staging, mediaPlaces(plan));
  const clear = (): Promise<void> => rm(folders.staging, { recursive: true, force: true });
  const place = async ({ status, rows }: Metadata): Promise<string | undefined> => {
    const kept = rows.done + rows.skipped;
    // A key that was refused before any row was made leaves nothing behind.
    if (status === 'stopped' && kept + rows.failed === 0) return void (await clear());
    // A dataset without a good row does not replace another.
    return publish(folders, status === 'finished' && kept > 0);
  };
  return {
    media,
    process: processing.pass,
    async keep(row) {
      await media.place(row);
      await writer.append(row);
    },
    async fail(failures, seed) {
      for (const failure of failures) await writer.fail(failure, seed);
    },
    async reject(row) {
      await media.place(row.record);
      await writer.reject(row);
    },
    async close(describe) {
      const { parts } = await writer.close();
      await media.close();
      const metadata = describe({ parts, processors: await processing.close() });
      await writeMetadata(folders.staging, metadata, plan);
      await describeBeside(folders.staging, metadata);
      await rm(running);
      const dataset = await place(metadata);
      await recordEnd(metadata, dataset);
      return { metadata, dataset };
    },
    async abandon(end) {
      await writer.close();
      await processing.close();
      await clear();
      await recordEnd(end);
    },
  };
}

/** A preview writes nothing and is not in the run history. */
export function openPreviewSink(plan: Plan): RowSink {
  const processing = openProcessing(plan, undefined);
  return {
    media: mediaInMemory(mediaPlaces(plan)),
    process: processing.pass,
    keep: async () => undefined,
    fail: async () => undefined,
    reject: async () => undefined,
    close: async (describe) => ({
      metadata: describe({ parts: 0, processors: await processing.close() }),
      dataset: undefined,
    }),
    abandon: async () => undefined,
  };
}
