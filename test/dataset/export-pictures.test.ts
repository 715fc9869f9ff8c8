import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parquetReadObjects } from 'hyparquet';
import type { JsonObject } from '../../src/core/json.js';
import { exportDataset, type ExportRequest } from '../../src/run/export-dataset.js';
import { png, pngOf } from '../rig/media.js';
import { picturePath, writePicture } from '../rig/pictures.js';
import { datasetOf, linesOf, request } from './export-support.js';

const [a, b, unused] = ['a', 'b', 'unused'].map((name) => picturePath(pngOf(name))) as [
  string,
  string,
  string,
];
const list = { type: 'array', items: { type: 'string' } };

/** A dataset whose folder has the pictures `a`, `b` and one that no row names. */
async function withPictures(rows: readonly JsonObject[]): Promise<string> {
  const cwd = datasetOf(rows, {
    picture: list,
    pair: list,
    animal: { type: 'string' },
    file_name: { type: 'string' },
  });
  const file = join(cwd, 'artifacts/made/metadata.json');
  const counts = { done: rows.length, failed: 0, skipped: 0, filtered: 0 };
  const metadata = { usage: [], rows: counts, recipe: { name: 'made', file: 'made.yaml', sha256: '' } };
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...metadata }));
  for (const name of ['a', 'b', 'unused']) await writePicture(join(cwd, 'artifacts/made'), pngOf(name));
  return cwd;
}
const rows = [
  { animal: 'owl', picture: [a], pair: [a, b], file_name: 'x' },
  { animal: 'fox', picture: [b], pair: null, file_name: 'y' },
];
const exported = async (cwd: string, format: string, options: Partial<ExportRequest> = {}) => {
  const done = await exportDataset({ ...request(cwd, format), ...options });
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
};
const rowsOf = (file: string) => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer });
};
const files = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((file) => file.includes('.'))
        .toSorted()
    : [];

describe('the pictures that exported rows name', () => {
  it.each(['jsonl', 'csv', 'parquet'])('are beside the file of %s, and others are not', async (format) => {
    const cwd = await withPictures(rows);
    expect(await exported(cwd, format, { output: 'out/rows.' + format })).toMatchObject({ pictures: 2 });
    expect(files(join(cwd, 'out/images'))).toEqual(
      [a, b].map((path) => path.slice('images/'.length)).toSorted(),
    );
    expect(readFileSync(join(cwd, 'out', a))).toEqual(pngOf('a'));
  });

  it('are those of the rows that are written, and of what is written of them', async () => {
    const cwd = await withPictures(rows);
    await exported(cwd, 'jsonl', { output: 'out/rows.jsonl', where: 'animal == "fox"' });
    expect(files(join(cwd, 'out/images'))).toEqual([b.slice('images/'.length)]);
    const fields = { prompt: 'animal', completion: 'animal' };
    expect(await exported(cwd, 'prompt-completion', { output: 'text/', fields })).not.toHaveProperty(
      'pictures',
    );
    expect(existsSync(join(cwd, 'text/images'))).toBe(false);
  });

  it('are files of the dataset alone, and pictures by their bytes', async () => {
    const dataset = (cwd: string): string => join(cwd, 'artifacts/made');
    const page = picturePath(Buffer.from('<script>'), 'html');
    const [linked, gone] = ['linked', 'gone'].map((name) => picturePath(pngOf(name))) as [string, string];
    const tricks = ['../secret.png', '/etc/hostname', `images/picture/../../secret.png`];
    const cwd = await withPictures([{ picture: [a, linked, gone, page, ...tricks] }]);
    await writePicture(dataset(cwd), Buffer.from('<script>'), 'html');
    writeFileSync(join(cwd, 'secret.png'), png);
    symlinkSync(join(cwd, 'secret.png'), join(dataset(cwd), linked));
    const { pictures, notes } = await exported(cwd, 'jsonl', { output: 'out/rows.jsonl' });
    expect([pictures, notes]).toEqual([1, ['pictures that rows name and the dataset does not have: 3']]);
    expect(files(join(cwd, 'out'))).toEqual([a, 'rows.jsonl']);
    // The rows themselves stay as they are.
    expect(linesOf(join(cwd, 'out/rows.jsonl'))).toHaveLength(1);
  });

  it('are not written half: a draft takes its name when it is whole', async () => {
    const cwd = await withPictures(rows);
    await exported(cwd, 'jsonl', { output: 'out/rows.jsonl' });
    await exported(cwd, 'jsonl', { output: 'out/rows.jsonl', overwrite: true });
    expect(files(dirname(join(cwd, 'out', a)))).toHaveLength(2);
  });
});

describe('the format imagefolder', () => {
  it('names pictures as Hugging Face reads them: one in every row, or a list', async () => {
    const cwd = await withPictures(rows);
    const { files: written, pictures } = await exported(cwd, 'imagefolder');
    expect(written).toEqual([{ file: join(cwd, 'made/metadata.parquet'), rows: 2 }]);
    expect(pictures).toBe(2);
    expect(await rowsOf(join(cwd, 'made/metadata.parquet'))).toEqual([
      { animal: 'owl', picture_file_name: a, pair_file_names: [a, b], filename: 'x' },
      { animal: 'fox', picture_file_name: b, pair_file_names: [], filename: 'y' },
    ]);
    expect(files(join(cwd, 'made'))).toEqual(['README.md', a, b, 'metadata.parquet'].toSorted());
    const card = readFileSync(join(cwd, 'made/README.md'), 'utf8');
    expect(card).toContain(
      '- split: train\n        path:\n          - metadata.parquet\n          - images/**\n',
    );
    expect(card).toContain('Pictures: 2, in `images/` beside the rows');
  });

  it('has a folder for each split, with its own pictures and the same columns', async () => {
    const many = Array.from({ length: 8 }, (_, at) => ({
      animal: `n${at}`,
      picture: at === 0 ? [] : [at % 2 ? a : b],
    }));
    const cwd = await withPictures(many);
    const splits = [
      { name: 'train', share: 0.5 },
      { name: 'test', share: 0.5 },
    ];
    const { files: written } = await exported(cwd, 'imagefolder', { output: 'out', splits });
    const read = await Promise.all(written.map(({ file }) => rowsOf(file)));
    expect(read.flat().map((row) => Object.keys(row))).toEqual(
      many.map(() => ['animal', 'picture_file_names']),
    );
    for (const [at, { file }] of written.entries())
      for (const path of (read[at] ?? []).flatMap((row) => row['picture_file_names'] as string[]))
        expect(existsSync(join(dirname(file), path))).toBe(true);
    const card = readFileSync(join(cwd, 'out/README.md'), 'utf8');
    expect(card).toContain(
      '- split: train\n        path: train/**\n      - split: test\n        path: test/**\n',
    );
  });

  it('is no format for a dataset without pictures, and leaves nothing behind', async () => {
    const cwd = datasetOf([{ animal: 'owl', pictures: [], tags: [unused, 'a tag'] }]);
    expect(await exportDataset(request(cwd, 'imagefolder'))).toEqual({
      ok: false,
      error: { message: 'no column of this dataset has pictures', hint: 'use --format parquet or jsonl' },
    });
    expect(files(join(cwd, 'made'))).toEqual([]);
  });

  it('does not lose a column to another of its name', async () => {
    const cwd = await withPictures([{ picture: [a], picture_file_name: 'x', filename: 1, file_name: 2 }]);
    expect(await exportDataset(request(cwd, 'imagefolder'))).toMatchObject({
      error: { message: 'two columns would have the name `filename`' },
    });
  });
});
