import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { streamEvents } from '../../src/cli/render/event-lines.js';
import type { RunEvent } from '../../src/core/events.js';
import type { JsonObject } from '../../src/core/json.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const start: RunEvent = { kind: 'start', rows: 2, columns: [{ name: 'digest', modelAliases: ['m'] }] };

function streamed(): {
  readonly send: (...events: readonly RunEvent[]) => void;
  pass(seconds: number): void;
  finish(): readonly JsonObject[];
} {
  let now = 1000;
  const stream = new PassThrough();
  const progress = streamEvents(
    stream,
    { now: () => now },
    () => new Date(Date.UTC(2026, 0, 1) + now - 1000),
  );
  return {
    send: (...events) => events.forEach((event) => progress.sink(event)),
    pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        now += 1000;
        jest.advanceTimersByTime(1000);
      }
    },
    finish() {
      progress.finish();
      const lines = String(stream.read()).trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line) as JsonObject);
    },
  };
}

describe('the events of a run for programs', () => {
  it('have a version, a name, a time, and the counts once a second', () => {
    const { send, pass, finish } = streamed();
    send(start, { kind: 'call-start', alias: 'm', concurrency: { limit: 1, ceiling: 4 } });
    pass(1);
    send(
      { kind: 'call-end', alias: 'm', ok: true, input: 10, output: 5, usd: 0.25 },
      { kind: 'cell-done', row: 0, column: 'digest' },
      { kind: 'row-end', row: 0, state: 'done' },
    );
    pass(5);
    const [first, second, third, ...rest] = finish();
    expect(first).toEqual({
      v: 1,
      event: 'start',
      at: '2026-01-01T00:00:00.000Z',
      rows: 2,
      columns: [{ name: 'digest', models: ['m'] }],
    });
    expect(second).toMatchObject({ event: 'progress', seconds_left: null, calls: { in_flight: 1 } });
    expect(third).toEqual({
      v: 1,
      event: 'progress',
      at: '2026-01-01T00:00:02.000Z',
      seconds: 2,
      seconds_left: 2,
      rows: { total: 2, ended: 1 },
      columns: { digest: { done: 1, failed: 0, skipped: 0 } },
      calls: { ended: 1, in_flight: 0, retries: 0 },
      limits: { m: { limit: 1, ceiling: 4 } },
      tokens: { input: 10, output: 5 },
      cost_usd: 0.25,
      waits: [],
    });
    // Nothing has happened since.
    expect(rest).toEqual([]);
  });

  it('tell each failure, and a reason to wait once', () => {
    const { send, finish } = streamed();
    const waiting: RunEvent = { kind: 'waiting', alias: 'm', reason: 'acme answered 429', ms: 500 };
    const failure = { class: 'schema', message: 'no', hint: 'shorten it', attempts: [] } as const;
    send(start, waiting, { ...waiting, ms: 700 });
    for (const row of [0, 1]) send({ kind: 'cell-failed', row, column: 'digest', failure });
    send({ kind: 'cell-failed', row: 2, column: 'digest', failure: { ...failure, class: 'stopped' } });
    send({ kind: 'stopping', reason: { kind: 'limit', limit: 'cost', message: 'spent', hint: 'raise it' } });
    expect(finish().map(({ event, row, reason }) => [event, row ?? reason])).toEqual([
      ['start', undefined],
      ['waiting', 'acme answered 429'],
      ['failure', 0],
      ['failure', 1],
      ['stopping', 'limit'],
      ['progress', undefined],
    ]);
  });

  it('never call an unknown cost nothing', () => {
    const { send, finish } = streamed();
    send(start, { kind: 'call-start', alias: 'm' });
    send({ kind: 'call-end', alias: 'm', ok: true, input: 10, output: 5 });
    expect(finish().at(-1)).toMatchObject({ event: 'progress', cost_usd: null });
  });
});
