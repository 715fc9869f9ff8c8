import { rm } from 'node:fs/promises';
import { openDatasetWriter } from '../dataset/writer.js';
import { prepareStaging, publish, type Folders } from '../dataset/folders.js';
import { writeMetadata, type Metadata } from '../dataset/metadata.js';
import type { FinishedRow, Plan } from '../engine/types.js';
import type { JsonObject } from '../core/json.js';

/** Where finished rows go: into a dataset, or before the eyes of the person who previews. */
export interface RowSink {
  keep(row: JsonObject): Promise<void>;
  reject(row: FinishedRow): Promise<void>;
  /** Finishes with what is known of the run; returns the dataset's folder, if one was written. */
  close(
    describe: (parts: number) => Metadata,
  ): Promise<{ readonly metadata: Metadata; readonly dataset: string | undefined }>;
  /** Ends without a dataset, in place of `close`, and leaves nothing behind. */
  abandon(): Promise<void>;
}

export async function datasetSink(folders: Folders, plan: Plan): Promise<RowSink> {
  await prepareStaging(folders);
  const writer = await openDatasetWriter(folders.staging, plan.output);
  const clear = (): Promise<void> => rm(folders.staging, { recursive: true, force: true });
  return {
    keep: (row) => writer.append(row),
    async reject(row) {
      for (const failure of row.failures) await writer.fail(failure, row.seed);
    },
    async close(describe) {
      const { parts } = await writer.close();
      const metadata = describe(parts);
      await writeMetadata(folders.staging, metadata, plan);
      const { done, skipped, failed } = metadata.rows;
      const kept = done + skipped;
      // A key that was refused before anything came of it leaves nothing behind.
      if (metadata.status === 'stopped' && kept + failed === 0) {
        await clear();
        return { metadata, dataset: undefined };
      }
      // Nor does one without a single good row take the place of a dataset.
      return { metadata, dataset: await publish(folders, metadata.status === 'finished' && kept > 0) };
    },
    async abandon() {
      await writer.close();
      await clear();
    },
  };
}

export function previewSink(): RowSink {
  return {
    keep: async () => undefined,
    reject: async () => undefined,
    close: async (describe) => ({ metadata: describe(0), dataset: undefined }),
    abandon: async () => undefined,
  };
}
