import { describe, expect, it } from '@jest/globals';
import type { RecordChange } from '../../src/run/watch/changes.js';
import type { WatchReport } from '../../src/run/watch/watch.js';
import { renderRoundLine, renderWaiting } from '../../src/cli/render/watch.js';

type RoundReport = WatchReport & { readonly kind: 'round' };

const changed = (row: number, ...columns: readonly string[]): RecordChange => ({
  kind: 'changed',
  row,
  record: {},
  columns: new Set(columns),
});

function line(
  changes: readonly RecordChange[],
  round: Partial<RoundReport['round']> = {},
  report: Partial<RoundReport> = {},
): string {
  return renderRoundLine(
    {
      kind: 'round',
      changes,
      gone: [],
      outdated: false,
      round: { records: new Map(), failures: [], stopped: undefined, usage: [], seconds: 0.0423, ...round },
      ...report,
    } as RoundReport,
    false,
  );
}

describe('the line at the end of a round', () => {
  it('says which columns changed, and in how many records', () => {
    expect(line([changed(0, 'judge', 'keep'), changed(1, 'judge'), { kind: 'unchanged', row: 2 }])).toBe(
      'changed: judge in 2 of 3 records, keep in 1 · 0 calls · 42 ms',
    );
  });

  it('leaves further columns to the records', () => {
    expect(line([changed(0, 'a', 'b', 'c', 'd', 'e', 'f')])).toContain('d in 1, and 2 more columns ·');
  });

  it('says so when nothing changed', () => {
    expect(line([{ kind: 'unchanged', row: 0 }], { seconds: 75 })).toBe('nothing changed · 0 calls · 1m 15s');
  });

  it('names columns that are no more, and rows that failed', () => {
    const failure = { class: 'schema', message: 'no', attempts: [] } as const;
    expect(line([], { failures: [{ row: 0, column: 'a', failure }] }, { gone: ['old'] })).toContain(
      'without old, 1 row failed ·',
    );
  });

  it('says why it was stopped', () => {
    expect(line([], { stopped: { kind: 'interrupted' } })).toContain('interrupted');
    expect(line([], { stopped: { kind: 'interrupted' } }, { outdated: true })).toContain(
      'this round was stopped ·',
    );
    const failure = { class: 'auth', message: 'the key was\u001b[31m refused', attempts: [] } as const;
    expect(line([], { stopped: { kind: 'fatal', failure, column: 'a' } })).toContain(
      'stopped: the key was refused',
    );
  });
});

it('what is watched is said with its number of files', () => {
  expect(renderWaiting(['a.yaml', 'b.json'])).toBe(
    'Watching a.yaml and 1 file that it refers to: edit and save, Ctrl-C ends.',
  );
});
