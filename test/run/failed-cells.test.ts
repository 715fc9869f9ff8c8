import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFailedCells } from '../../src/run/retry/failed-cells.js';

let dataset: string;
beforeEach(async () => {
  dataset = await mkdtemp(join(tmpdir(), 'dd-failed-'));
});
afterEach(() => rm(dataset, { recursive: true }));

const line = (column: string, message: string): string =>
  JSON.stringify({ column, sample: 's', class: 'schema', message, attempts: [] });
const write = (...lines: readonly string[]): Promise<void> =>
  writeFile(join(dataset, 'failures.jsonl'), lines.join('\n'));

describe('the failures of a dataset', () => {
  it('are read one a line, whatever separators of Unicode are in their answers', async () => {
    await write(line('a', 'x\u2028y\u2029z\u0085'), line('b', ''), '');
    const cells = await readFailedCells(dataset);
    expect(cells.map(({ column, failure }) => [column, failure.message])).toEqual([
      ['a', 'x\u2028y\u2029z\u0085'],
      ['b', ''],
    ]);
  });

  it('are read whole when a line is longer than what is read at once, and stops within a letter', async () => {
    const long = 'é€𝄞'.repeat(100_000);
    await write(line('a', long), line('b', 'last'));
    const cells = await readFailedCells(dataset);
    expect(cells.map(({ failure }) => failure.message)).toEqual([long, 'last']);
  });

  it('are read past lines that are none', async () => {
    await write('{"column": "a"', '7', '', line('b', 'last'));
    expect(await readFailedCells(dataset)).toMatchObject([{ column: 'b' }]);
  });
});
