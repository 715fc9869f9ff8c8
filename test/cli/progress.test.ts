import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { showProgress } from '../../src/cli/render/progress.js';
import { newTally, record } from '../../src/cli/render/tally.js';
import type { RunEvent } from '../../src/core/events.js';

/** What the last drawing of progress leaves on a stream. */
function lastDrawing(
  events: readonly RunEvent[],
  terminal: { readonly columns: number } | undefined,
  end: 'finish' | 'clear' = 'finish',
): string {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), {
    isTTY: terminal !== undefined,
    columns: terminal?.columns,
  });
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const progress = showProgress(stream as unknown as NodeJS.WriteStream);
  for (const event of events) progress.sink(event);
  progress[end]();
  return written.join('');
}

const start: RunEvent = {
  kind: 'start',
  rows: 3,
  columns: [
    { name: 'digest', modelAliases: ['m'] },
    { name: 'flat', modelAliases: [] },
  ],
};
const failure: RunEvent = {
  kind: 'cell-failed',
  row: 1,
  column: 'digest',
  failure: { class: 'schema', message: 'no', attempts: [] },
};
const run: readonly RunEvent[] = [
  start,
  { kind: 'row-admitted', row: 0 },
  { kind: 'row-admitted', row: 1 },
  { kind: 'rows-counted', rows: 2 },
  { kind: 'call-start', alias: 'm' },
  { kind: 'call-end', alias: 'm', ok: true, input: 12_345, output: 67 },
  { kind: 'cell-done', row: 0, column: 'digest' },
  { kind: 'cell-done', row: 0, column: 'flat' },
  { kind: 'row-end', row: 0, state: 'done' },
  failure,
  { kind: 'row-end', row: 1, state: 'failed' },
];

describe('a log without a terminal', () => {
  afterEach(() => void jest.useRealTimers());

  it('has a sign of life each minute, also when nothing has changed', () => {
    jest.useFakeTimers();
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    const progress = showProgress(stream as unknown as NodeJS.WriteStream);
    progress.sink(start);
    progress.sink({ kind: 'call-start', alias: 'm' });
    jest.advanceTimersByTime(9 * 60_000);
    progress.clear();
    const lines = String(stream.read()).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(9);
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.slice(0, 2)).toEqual([
      '5s  0 of 3 rows: digest 0',
      '1m 05s  0 of 3 rows: digest 0; 1 call in flight',
    ]);
  });
});

describe('progress', () => {
  it('on a terminal is a line a column and a line for all', () => {
    const lines = lastDrawing(run, { columns: 100 }).split('\n');
    expect(lines[0]).toMatch(/^ {2}digest {2}1\/2 +1 failed$/);
    expect(lines[1]).toMatch(/^ {2}flat {4}1\/2$/);
    expect(lines[2]).toBe('  2 of 2 rows · 1 call, 0 in flight · 12.3k tokens in, 67 out');
  });

  it('leaves nothing behind when it is cleared', () => {
    expect(lastDrawing(run, { columns: 100 }, 'clear')).toBe('');
  });

  it('never draws a line wider than the terminal', () => {
    for (const line of lastDrawing(run, { columns: 20 }).split('\n')) expect(line.length).toBeLessThan(20);
  });

  it('elsewhere is one plain line that names what one waits for', () => {
    expect(lastDrawing(run, undefined)).toBe('0s  2 of 2 rows: digest 1 (1 failed)\n');
  });

  it('does not call a cell failed that a stopped run did not ask', () => {
    const unasked = { class: 'stopped', message: 'not asked', attempts: [] } as const;
    expect(lastDrawing([...run, { ...failure, failure: unasked }], undefined)).toContain('(1 failed)');
  });

  it('shows all columns that ask no model on one line', () => {
    const columns = ['a', 'b', 'c'].map((name) => ({ name, modelAliases: [] }));
    const events: readonly RunEvent[] = [
      { ...start, columns: [{ name: 'digest', modelAliases: ['m'] }, ...columns] },
      { kind: 'cell-done', row: 0, column: 'a' },
      { kind: 'cell-done', row: 0, column: 'b' },
      { ...failure, column: 'c' },
    ];
    const lines = lastDrawing(events, { columns: 80 }).trimEnd().split('\n');
    expect(lines.slice(0, -1)).toEqual([
      '  digest           0/3',
      '  3 other columns  1/3            1 failed',
    ]);
  });

  it('never cuts a part of the last line, and never breaks the line of a wide terminal', () => {
    for (let columns = 10; columns < 90; columns += 1) {
      const last = lastDrawing(run, { columns }).trimEnd().split('\n').at(-1) ?? '';
      const whole = '  2 of 2 rows · 1 call, 0 in flight · 12.3k tokens in, 67 out';
      if (columns > 16)
        expect(whole.split(' · ').join('|').startsWith(last.split(' · ').join('|'))).toBe(true);
      if (columns > 16) expect([...whole.split(' · '), '  2 of 2 rows']).toContain(last.split(' · ').at(-1));
    }
    const wide = { ...start, columns: [{ name: '数据'.repeat(30), modelAliases: ['m'] }] };
    const [line = ''] = lastDrawing([wide], { columns: 40 }).split('\n');
    expect(line.length).toBeLessThan(22);
  });

  it('wraps notes to the terminal', () => {
    const note: RunEvent = { kind: 'store-note', text: 'word '.repeat(60) };
    for (const line of lastDrawing([start, note], { columns: 40 }).split('\n'))
      expect(line.length).toBeLessThan(40);
  });

  it('says when a run is being stopped', () => {
    const stopping: RunEvent = { kind: 'stopping', reason: { kind: 'interrupted' } };
    expect(lastDrawing([start, stopping], undefined)).toContain('Press Ctrl-C again');
  });

  it('trusts the rows that were begun over the guess', () => {
    const tally = newTally();
    record(tally, { ...start, rows: 1 });
    for (const row of [0, 1]) record(tally, { kind: 'row-admitted', row });
    expect(tally.rows).toBe(2);
  });
});
