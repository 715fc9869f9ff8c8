import { expect, it } from '@jest/globals';
import { newRunId } from '../../src/dataset/run-history.js';

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
