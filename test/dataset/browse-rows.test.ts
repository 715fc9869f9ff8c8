import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRowBrowser, type RowBrowser, type RunRow } from '../../src/dataset/browse-rows.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-browse-'));
  await mkdir(join(folder, 'data'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

async function dataset(
  parts: readonly (readonly unknown[])[],
  failures: readonly unknown[] = [],
): Promise<void> {
  for (const [part, rows] of parts.entries())
    await writeFile(join(folder, 'data', `part-0000${part}.jsonl`), lines(rows));
  await writeFile(join(folder, 'failures.jsonl'), lines(failures));
}

const all = async (browser: RowBrowser): Promise<readonly (RunRow | undefined)[]> => {
  const rows = [];
  for (let index = 0; ; index += 1) {
    const row = await browser.at(index);
    if (!row) return rows;
    rows.push(row);
  }
};

const failure = (row: number, column: string): object => ({
  row,
  column,
  message: 'no',
  seed: { id: `s${row}` },
});

describe('going through the rows of a dataset', () => {
  it('has failed rows at their place among the others, over all parts', async () => {
    await dataset(
      [[{ a: 'é' }, { a: 2 }], [{ a: '漢' }]],
      [failure(1, 'x'), failure(1, 'y'), failure(4, 'x')],
    );
    const browser = await openRowBrowser(folder, 2, () => true);
    const rows = await all(browser);
    expect(rows).toEqual([
      { state: 'done', number: 0, row: { a: 'é' } },
      {
        state: 'failed',
        number: 1,
        seed: { id: 's1' },
        failures: [
          { row: 1, column: 'x', message: 'no' },
          { row: 1, column: 'y', message: 'no' },
        ],
      },
      { state: 'done', number: 2, row: { a: 2 } },
      { state: 'done', number: 3, row: { a: '漢' } },
      { state: 'failed', number: 4, seed: { id: 's4' }, failures: [{ row: 4, column: 'x', message: 'no' }] },
    ]);
    // Backwards, each is read again from its place.
    for (const [index, row] of [...rows.entries()].toReversed()) expect(await browser.at(index)).toEqual(row);
    await browser.close();
  });

  it('leaves out the numbers of rejected rows, and knows rows that are there though an attempt or a cell failed', async () => {
    await dataset(
      [[{ a: 0 }, { a: 3 }, { a: 5 }]],
      [
        { ...failure(0, 'x'), instead: 'null' },
        { ...failure(3, 'x'), instead: 'next_attempt' },
        failure(4, 'x'),
      ],
    );
    const rejected = [
      { row: 1, attempt: 0, instead: 'next_attempt' },
      { row: 1, attempt: 1 },
      { row: 2, attempt: 0 },
      { row: 5, attempt: 0, instead: 'next_attempt' },
      { row: 6, attempt: 0 },
    ];
    await writeFile(join(folder, 'rejected.jsonl'), lines(rejected));
    const browser = await openRowBrowser(folder, 1, () => true);
    const rows = await all(browser);
    await browser.close();
    expect(rows.map((row) => [row?.state, row?.number])).toEqual([
      ['done', 0],
      ['done', 3],
      ['failed', 4],
      ['done', 5],
    ]);
  });

  it('counts only wanted rows, and keeps their numbers', async () => {
    await dataset([Array.from({ length: 30 }, (_, a) => ({ a }))]);
    const browser = await openRowBrowser(folder, 1, (row) => row.number % 10 === 3);
    expect((await browser.at(1))?.number).toBe(13);
    expect((await browser.at(0))?.number).toBe(3);
    expect(await browser.at(3)).toBeUndefined();
    await browser.close();
  });

  it('reads lines longer than a chunk, and a last line without a line feed', async () => {
    const long = 'x'.repeat(700_000);
    await dataset([[]]);
    await writeFile(join(folder, 'data', 'part-00000.jsonl'), `{"a":"${long}"}\n{"a":1}`);
    const browser = await openRowBrowser(folder, 1, () => true);
    expect(await browser.at(1)).toEqual({ state: 'done', number: 1, row: { a: 1 } });
    expect(await browser.at(0)).toEqual({ state: 'done', number: 0, row: { a: long } });
    await browser.close();
  });

  it('names a damaged line, and a file that changed while it was read', async () => {
    await dataset([[{ a: 1 }, { a: 2 }]]);
    const file = join(folder, 'data', 'part-00000.jsonl');
    await writeFile(file, '{"a":1}\n{"a":\n');
    const browser = await openRowBrowser(folder, 1, () => true);
    await expect(browser.at(1)).rejects.toThrow(`${file}: line 2 is damaged`);
    await writeFile(file, '[]\n');
    await expect(browser.at(0)).rejects.toThrow(`${file} changed while it was read`);
    await browser.close();
  });
});
