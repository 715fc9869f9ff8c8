import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { listedRuns, newRunId, recordRun } from '../../src/dataset/run-history.js';

it('runs that one process begins at the same moment have ids of their own', () => {
  const now = new Date('2026-03-01T10:00:00.123Z');
  expect(new Set([newRunId(now), newRunId(now), newRunId(now)]).size).toBe(3);
});

it('ids sort by time', () => {
  const ids = ['2026-03-01T10:00:00.123Z', '2026-03-01T10:00:00.124Z', '2026-03-01T10:00:01.000Z'].map((at) =>
    newRunId(new Date(at)),
  );
  expect(ids.toSorted()).toEqual(ids);
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
