import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/engine/types.js';
import type { RecordChange } from '../../src/run/watch/changes.js';
import type { Round } from '../../src/run/watch/watch.js';
import { renderRoundLine, renderWaiting } from '../../src/cli/watch-output.js';
import type { RunOutcome } from '../../src/run/request.js';

const changed = (row: number, ...columns: readonly string[]): RecordChange => ({
  kind: 'changed',
  row,
  record: {},
  columns: new Set(columns),
});

function line(
  changes: readonly RecordChange[],
  round: Partial<Round> = {},
  { stopped, seconds = 0.0423 }: Pick<Partial<RunOutcome>, 'stopped'> & { readonly seconds?: number } = {},
): string {
  const outcome = { stopped, usage: [], metadata: { seconds } } as unknown as RunOutcome;
  const whole = { plan: {} as Plan, outcome, changes, gone: [], failures: [], outdated: false };
  return renderRoundLine({ ...whole, ...round }, false);
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
    expect(line([{ kind: 'unchanged', row: 0 }], {}, { seconds: 75 })).toBe(
      'nothing changed · 0 calls · 1m 15s',
    );
  });

  it('names columns that are no more, and rows that failed', () => {
    const failure = { class: 'schema', message: 'no', attempts: [] } as const;
    expect(line([], { failures: [{ row: 0, column: 'a', failure }], gone: ['old'] })).toContain(
      'without old, 1 row failed ·',
    );
  });

  it('says why it was stopped', () => {
    expect(line([], {}, { stopped: { kind: 'interrupted' } })).toContain('interrupted');
    expect(line([], { outdated: true }, { stopped: { kind: 'interrupted' } })).toContain(
      'this round was stopped ·',
    );
    const failure = { class: 'auth', message: 'the key was\u001b[31m refused', attempts: [] } as const;
    expect(line([], {}, { stopped: { kind: 'fatal', failure, column: 'a' } })).toContain(
      'stopped: the key was refused',
    );
  });
});

it('what is watched is said with its number of files', () => {
  expect(renderWaiting(['a.yaml', 'b.json'])).toBe(
    'Watching a.yaml and 1 file that it refers to: edit and save, Ctrl-C ends.',
  );
});
