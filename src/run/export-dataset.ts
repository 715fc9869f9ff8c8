import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { err, ok, type Result } from '../core/result.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import type { Exporter } from '../dataset/export/exporter.js';
import { readRows } from '../dataset/read-rows.js';
import { findDataset } from './find-dataset.js';
import type { RunProblem } from './problem.js';

export interface ExportRequest {
  /** Name of the dataset, or its path. */
  readonly dataset: string;
  /** Folder of datasets. */
  readonly artifactPath: string;
  /** Name of the exporter. */
  readonly format: string;
  readonly exporters: ReadonlyMap<string, Exporter>;
  /** The file to write; `DATASET.EXTENSION` in `cwd` when left out. */
  readonly output?: string;
  readonly cwd: string;
  /** Replace a file that is there. */
  readonly overwrite: boolean;
}

export interface Exported {
  /** Absolute path. */
  readonly file: string;
  readonly rows: number;
}

/** Writes the rows of a dataset to a file in another format. The file appears in one step, when it is whole. */
export async function exportDataset(request: ExportRequest): Promise<Result<Exported, RunProblem>> {
  const { exporters, format, cwd } = request;
  const exporter = exporters.get(format);
  if (!exporter) {
    const hint = didYouMeanOneOf(format, [...exporters.keys()]);
    return err({ message: `there is no export format \`${format}\``, ...(hint !== undefined && { hint }) });
  }
  const found = await findDataset(request.dataset, request.artifactPath, cwd);
  if (!found.ok) return found;
  const { folder, metadata } = found.value;
  const file = resolve(cwd, request.output ?? `${metadata.dataset}.${exporter.extension}`);
  if (!request.overwrite && existsSync(file))
    return err({
      message: `${file} is already there`,
      hint: 'add --overwrite, or another name with --output',
    });

  let rows = 0;
  async function* counted(): ReturnType<typeof readRows> {
    for await (const row of readRows(folder, metadata.parts)) {
      rows += 1;
      yield row;
    }
  }
  await writeWhole(file, exporter.encode(counted(), { columns: metadata.columns }));
  return ok({ file, rows });
}

async function writeWhole(file: string, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(draft, 'wx');
    try {
      for await (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
