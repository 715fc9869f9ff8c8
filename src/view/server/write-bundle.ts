import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import { copyPicture } from '../../dataset/media.js';
import { ownPaths } from '../../dataset/pictures.js';
import type { RunProblem } from '../../run/problem.js';
import type { PublishedDataset, ViewInfo } from '../query/types.js';
import type { OpenDataset } from './dataset.js';
import { PAGE_FILES, pageFolder } from './server.js';

/** Rows in one file. */
const CHUNK = 200;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'";

/**
 * Writes datasets and the page into a folder that any web server can publish: the same page, read-only. The folder must
 * be new or empty.
 */
export async function writeBundle(
  datasets: readonly OpenDataset[],
  folder: string,
): Promise<Result<undefined, RunProblem>> {
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) return err({ message: `${folder} is not empty`, hint: 'name a new folder' });
  await mkdir(join(folder, 'data'), { recursive: true });
  const info: ViewInfo = { datasets: await Promise.all(datasets.map(readAll)), readOnly: true };
  for (const [number, dataset] of datasets.entries())
    await writeRows(dataset, info.datasets[number]?.rows ?? 0, join(folder, 'data', String(number)));
  await writeFile(join(folder, 'data', 'info.json'), JSON.stringify(info));
  for (const { file } of Object.values(PAGE_FILES))
    await copyFile(new URL(file, pageFolder()), join(folder, file));
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}" />`;
  await writeFile(
    join(folder, 'index.html'),
    html
      .replace('<html', '<html data-published')
      .replace('<meta charset="utf-8" />', (charset) => charset + policy),
  );
  return ok(undefined);
}

async function readAll(dataset: OpenDataset) {
  while ((await dataset.look()) === 'grown');
  return dataset.info();
}

async function writeRows(dataset: OpenDataset, rows: number, folder: string): Promise<void> {
  await mkdir(folder);
  for (let start = 0; start < rows; start += CHUNK) {
    const numbers = Array.from({ length: Math.min(CHUNK, rows - start) }, (_, index) => start + index);
    const records = await Promise.all(numbers.map((row) => dataset.record(row)));
    await writeFile(join(folder, `rows-${start / CHUNK}.json`), JSON.stringify(records));
    for (const record of records)
      for (const path of ownPaths(record?.value ?? {})) await copyPicture(dataset.folder, path, folder);
  }
  const rest: PublishedDataset = {
    chunks: Math.ceil(rows / CHUNK),
    failures: await dataset.failures(),
    agreement: await dataset.agreement(),
    failedRows: [...(await dataset.failedRows())],
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(rest));
}
