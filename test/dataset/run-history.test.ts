import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { listedRuns, newRunId, recordRun } from '../../src/dataset/run-history.js';

const noRuns = join(tmpdir(), 'there is no such folder');

it('runs that one process begins at the same moment have ids of their own', async () => {
  const now = new Date('2026-03-01T10:00:00.123Z');
  const ids = await Promise.all([1, 2, 3].map(() => newRunId(noRuns, now)));
  expect(new Set(ids).size).toBe(3);
});

it('ids sort by time', async () => {
  const ids = await Promise.all(
    ['2026-03-01T10:00:00.123Z', '2026-03-01T10:00:00.124Z', '2026-03-01T10:00:01.000Z'].map((at) =>
      newRunId(noRuns, new Date(at)),
    ),
  );
  expect(ids.toSorted()).toEqual(ids);
});

it('ids sort in the order of the runs when the clock was set back between them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dd-history-'));
  const ids: string[] = [];
  for (const at of ['2026-03-04T10:00:00.999Z', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:05.000Z']) {
    const id = await newRunId(folder, new Date(at));
    ids.push(id);
    await writeFile(join(folder, `${id}.json`), '{}');
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(ids[1]).toMatch(/^20260304-100001\.000-/);
  await rm(folder, { recursive: true });
});

it('a run that made no row is never called finished', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dd-history-'));
  const none = { done: 0, failed: 0, skipped: 0, filtered: 0, unfinished: 0 };
  const rows = [{ ...none, failed: 2 }, none, { ...none, done: 1, failed: 9 }, { ...none, filtered: 3 }];
  for (const [at, counts] of rows.entries())
    await recordRun(folder, {
      id: `2026-${at}`,
      recipe: 'r',
      dataset: 'd',
      status: 'finished',
      fabricated: false,
      started_at: '2026-03-01T10:00:00.123Z',
      rows: counts,
    });
  expect((await listedRuns(folder)).map(({ status }) => status)).toEqual([
    'failed',
    'empty',
    'finished',
    'empty',
  ]);
  await rm(folder, { recursive: true });
});
