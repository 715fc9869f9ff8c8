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
  const progress = showProgress(stream as unknown as NodeJS.WriteStream, undefined, undefined, {});
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
      '1m 05s  0 of 3 rows: digest 0; 1 call in flight, no answer for 1m 05s',
    ]);
  });
});

describe('progress', () => {
  it('on a terminal is a line a column and a line for all', () => {
    const lines = lastDrawing(run, { columns: 100 }).split('\n');
    expect(lines).toEqual([
      '  digest  ██████████▒▒▒▒▒▒▒▒▒▒  1/2            1 failed',
      '  flat    ██████████░░░░░░░░░░  1/2',
      '  2 of 2 rows · 1 call, 0 in flight · 12.3k tokens in, 67 out',
      '  failed row 1, digest: no',
      '',
    ]);
  });

  it('has the time left, if the rest goes as fast as what has ended', () => {
    let now = 0;
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    const clock = { now: () => now };
    const progress = showProgress(stream as unknown as NodeJS.WriteStream, clock, undefined, {});
    progress.sink(start);
    progress.sink({ kind: 'row-end', row: 0, state: 'done' });
    now = 60_000;
    progress.finish();
    expect(String(stream.read())).toContain('  1 of 3 rows · 0 calls, 0 in flight · about 2m 00s left');
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
    expect(lines.slice(0, 2)).toEqual([
      '  digest           ░░░░░░░░░░░░░░░░░░░░  0/3',
      '  3 other columns  ▒▒▒▒▒▒░░░░░░░░░░░░░░  1/3            1 failed',
    ]);
  });

  it('never cuts a part of the last line, and never breaks the line of a wide terminal', () => {
    for (let columns = 10; columns < 90; columns += 1) {
      const last = lastDrawing(run, { columns }).split('\n').at(2) ?? '';
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

describe('what a run waits for', () => {
  afterEach(() => void jest.useRealTimers());

  /** Progress on a clock of its own; `pass` moves it and draws. */
  function shown(isTTY: boolean): {
    readonly sink: (event: RunEvent) => void;
    /** What the seconds bring. */
    pass(seconds: number): string;
    /** What was written since. */
    text(): string;
  } {
    jest.useFakeTimers();
    let now = 5000;
    const written: string[] = [];
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 200 });
    stream.write = (text: string): boolean => written.push(text) > 0;
    const day = new Date(2026, 2, 1, 14, 0, 0).getTime();
    const progress = showProgress(
      stream as unknown as NodeJS.WriteStream,
      { now: () => now },
      () => new Date(day + now - 5000),
      {},
    );
    progress.sink(start);
    return {
      sink: progress.sink,
      text: () => written.join(''),
      pass(seconds) {
        written.splice(0);
        for (let second = 0; second < seconds; second += 1) {
          now += 1000;
          jest.advanceTimersByTime(1000);
        }
        return written.join('');
      },
    };
  }

  const limit: RunEvent = {
    kind: 'waiting',
    alias: 'm',
    reason: 'acme answered 429: slow down (header retry-after)',
    ms: 130_000,
  };

  it('is on the terminal with its reason and the time of day at which it ends', () => {
    const { sink, pass } = shown(true);
    sink(limit);
    expect(pass(10)).toContain(
      '\n  waiting until 14:02:10 (2m 00s): acme answered 429: slow down (header retry-after)\n',
    );
    pass(119);
    expect(pass(2)).not.toContain('waiting');
  });

  it('is a line of a log at once, and not again each second', () => {
    const { sink, pass } = shown(false);
    sink(limit);
    expect(pass(1)).toBe(
      'waiting until 14:02:10 (2m 09s): acme answered 429: slow down (header retry-after)\n',
    );
    expect(pass(60)).not.toContain('waiting');
    expect(pass(10)).toContain('0 of 3 rows: digest 0; waiting until 14:02:10');
  });

  it('ends with an answer of the model', () => {
    const { sink, pass } = shown(true);
    sink(limit);
    sink({ kind: 'call-start', alias: 'm' });
    sink({ kind: 'call-end', alias: 'm', ok: true, input: 1, output: 1 });
    expect(pass(1)).not.toContain('waiting');
  });

  const unreachable: RunEvent = {
    kind: 'waiting',
    alias: 'm',
    reason: 'local could not be reached at http://127.0.0.1:11434/v1: ECONNREFUSED',
    hint: 'no server is listening there; start it',
    ms: 500,
  };

  it.each([true, false])('names a server that cannot be reached, at once (terminal: %p)', (isTTY) => {
    const { sink, text } = shown(isTTY);
    sink(unreachable);
    sink(unreachable);
    expect(text().split('note: ')).toHaveLength(2);
    expect(text()).toContain(
      'note: local could not be reached at http://127.0.0.1:11434/v1: ECONNREFUSED; no server is listening there; start it\n',
    );
  });

  it('says it once for a server that keeps failing without a hint, within five seconds', () => {
    const { sink, pass } = shown(false);
    let log = '';
    for (let second = 0; second < 5; second += 1) {
      sink({ kind: 'waiting', alias: 'm', reason: 'acme could not be reached: ECONNRESET', ms: 1500 });
      log += pass(1);
    }
    expect(log.split('ECONNRESET')).toHaveLength(2);
  });

  it('tells since when calls in flight have had no answer, and when they are given up', () => {
    const { sink, pass } = shown(true);
    sink({ kind: 'call-start', alias: 'm', timeoutMs: 600_000 });
    expect(pass(9)).not.toContain('no answer');
    expect(pass(11)).toContain(
      '\n  1 call in flight, no answer for 20s, given up at 14:10:00 at the latest\n',
    );
  });

  it('goes on when the system clock is set back', () => {
    jest.useFakeTimers();
    let now = 0;
    let day = Date.parse('2026-03-05T12:00:00');
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    const progress = showProgress(
      stream as unknown as NodeJS.WriteStream,
      { now: () => now },
      () => new Date(day),
    );
    progress.sink(start);
    now = 9000;
    day -= 3 * 86_400_000;
    progress.finish();
    expect(String(stream.read())).toBe('9s  0 of 3 rows: digest 0\n');
  });
});
