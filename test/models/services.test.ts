import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../src/core/clock.js';
import type { RunEvent } from '../../src/core/events.js';
import type { Json } from '../../src/core/json.js';
import { err, ok, type Result } from '../../src/core/result.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { createServiceCalls, type ServiceTransport } from '../../src/models/services.js';
import { virtualClock } from './clocks.js';
import type { CallError, ServiceRequest } from '../../src/models/types.js';

const request = (value: Json, more: Partial<ServiceRequest> = {}): ServiceRequest => ({
  column: 'check',
  name: 'the service of check',
  url: 'http://127.0.0.1/check',
  headers: {},
  body: { data: [value] },
  timeout: 30,
  retries: 3,
  backoff: 2,
  parallel: 2,
  check: (reply) => (reply === 'wrong' ? ['it must be right'] : []),
  example: async () => null,
  ...more,
});

const busy: CallError = { class: 'overload', message: 'busy' };

function service(send: ServiceTransport) {
  const waits: number[] = [];
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const clock: Clock = {
    now: () => 0,
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
  };
  const store = createMemoryStore();
  const calls = (reuse = true) =>
    createServiceCalls({
      send,
      store,
      reuse,
      emit: (event) => void events.push(event),
      clock,
      stop: stop.signal,
      abort: stop.signal,
    });
  return { call: calls(), calls, waits, events, stop };
}

/** Answers with these, one after the other; the last one again and again. */
function script(...replies: readonly Result<string, CallError>[]) {
  let sent = 0;
  const send: ServiceTransport = async () => replies[Math.min(sent++, replies.length - 1)] ?? err(busy);
  return { send, sent: () => sent };
}

describe('a call to a service', () => {
  it('waits twice as long before each further try, and fails with all of them', async () => {
    const { send, sent } = script(err(busy));
    const { call, waits } = service(send);
    expect(await call(request('a'))).toEqual({
      ok: false,
      error: {
        class: 'overload',
        message: 'busy (after 4 tries)',
        attempts: Array.from({ length: 4 }, () => ({ class: 'overload', message: 'busy' })),
      },
    });
    expect(sent()).toBe(4);
    expect(waits).toEqual([2000, 4000, 8000]);
  });

  it('waits as long as the service asks', async () => {
    const { send } = script(err({ ...busy, retryAfterMs: 7000 }), ok('1'));
    const { call, waits } = service(send);
    expect(await call(request('a'))).toEqual(ok(1));
    expect(waits).toEqual([7000]);
  });

  it.each([
    ['a refused request', err({ class: 'invalid-request', message: 'no' } as const), 1],
    ['a refused key', err({ class: 'auth', message: 'no' } as const), 1],
    ['a wrong reply', ok('"wrong"'), 1],
    ['a page of a proxy', ok('<html>'), 4],
  ])('sends again what may pass: %s', async (_name, reply, times) => {
    const { send, sent } = script(reply);
    const { call } = service(send);
    expect(await call(request('a'))).toMatchObject({ ok: false });
    expect(sent()).toBe(times);
  });

  it('is made once for equal rows, and not at all where the reply is stored', async () => {
    const { send, sent } = script(ok('1'));
    const { call, calls, events } = service(send);
    expect(await Promise.all([call(request('a')), call(request('a'))])).toEqual([ok(1), ok(1)]);
    expect(await call(request('a', { cachePolicy: 'cache-only', retries: 0, timeout: 1 }))).toEqual(ok(1));
    expect(sent()).toBe(1);
    expect(await call(request('b', { cachePolicy: 'cache-only' }))).toMatchObject({
      error: { class: 'stopped' },
    });
    expect(sent()).toBe(1);
    expect(await calls(false)(request('a'))).toEqual(ok(1));
    expect(sent()).toBe(2);
    expect(events.every(({ kind }) => kind === 'asked')).toBe(true);
  });

  it('is not made again where the reply is nested without end, unlike one that is no JSON', async () => {
    const deep = script(ok(`${'['.repeat(60_000)}${']'.repeat(60_000)}`));
    const outcome = await service(deep.send).call(request('a'));
    expect(outcome).toMatchObject({
      error: { class: 'schema', message: expect.stringContaining('too deeply') },
    });
    expect(deep.sent()).toBe(1);
    const page = script(ok('<html>'));
    expect(await service(page.send).call(request('a'))).toMatchObject({ error: { class: 'overload' } });
    expect(page.sent()).toBe(4);
  });

  it('keeps no reply that is wrong', async () => {
    const { send, sent } = script(ok('"wrong"'), ok('1'));
    const { call } = service(send);
    expect(await call(request('a'))).toMatchObject({
      error: { class: 'schema', attempts: [{ answer: '"wrong"' }] },
    });
    expect(await call(request('a'))).toEqual(ok(1));
    expect(sent()).toBe(2);
  });

  it('is one of at most `max_parallel_requests`', async () => {
    let now = 0;
    let most = 0;
    const { call } = service(async () => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      return ok('1');
    });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((value) => call(request(value))));
    expect(most).toBe(2);
  });

  it('is one of them only while it is sent, and not while it waits for its next try', async () => {
    const sent: string[] = [];
    let wake = (): void => undefined;
    const sleeping = new Promise<void>((resolve) => (wake = resolve));
    let now = 0;
    let most = 0;
    const calls = createServiceCalls({
      async send({ body }) {
        const text = JSON.stringify(body);
        most = Math.max(most, (now += 1));
        await Promise.resolve();
        now -= 1;
        sent.push(text);
        return text.includes('first') && sent.length === 1 ? err(busy) : ok('1');
      },
      store: createMemoryStore(),
      reuse: true,
      emit: () => undefined,
      clock: { now: () => 0, random: () => 0, sleep: () => sleeping },
      stop: new AbortController().signal,
      abort: new AbortController().signal,
    });
    const ask = (value: string) => calls(request(value, { parallel: 1 }));
    const first = ask('first');
    expect(await Promise.all([ask('second'), ask('third')])).toEqual([ok(1), ok(1)]);
    expect(sent).toHaveLength(3);
    wake();
    expect(await first).toEqual(ok(1));
    expect([sent.length, most]).toEqual([4, 1]);
  });

  it.each([
    [
      'waits between tries',
      async () => err(busy),
      'the last error: busy (after 2 tries)',
      ['overload', 'overload'],
    ],
    ['a reply that does not come', 'silent', undefined, []],
  ] as const)('ends with `cell_timeout`: %s', async (_what, how, cause, attempts) => {
    const clock = virtualClock();
    const calls = createServiceCalls({
      send:
        how === 'silent'
          ? async (_request, signal) => {
              await clock.sleep(3_600_000, signal);
              return err({ class: 'stopped', message: 'cut off' });
            }
          : how,
      store: createMemoryStore(),
      reuse: true,
      emit: () => undefined,
      clock,
      cellTimeout: 5,
      stop: new AbortController().signal,
      abort: new AbortController().signal,
    });
    const reply = await clock.until(calls(request('a')));
    expect(clock.now()).toBe(5000);
    const message = 'the cell was not finished within 5 s';
    expect(reply).toMatchObject({
      error: {
        class: 'timeout',
        message: cause === undefined ? message : `${message}; ${cause}`,
        hint: 'raise cell_timeout of run_config (seconds)',
      },
    });
    expect(reply.ok ? [] : reply.error.attempts.map((attempt) => attempt.class)).toEqual(attempts);
  });

  it('has permits of its column only', async () => {
    let release = (): void => undefined;
    const busyUntil = new Promise<void>((resolve) => (release = resolve));
    const { call } = service(async ({ body }) => {
      if (JSON.stringify(body).includes('slow')) await busyUntil;
      return ok('1');
    });
    const slow = call(request('slow', { parallel: 1 }));
    expect(await call(request('other', { column: 'another', parallel: 1 }))).toEqual(ok(1));
    release();
    expect(await slow).toEqual(ok(1));
  });

  it('is not sent once the run stops', async () => {
    const { send, sent } = script(ok('1'));
    const { call, stop, events } = service(send);
    stop.abort();
    expect(await call(request('a'))).toMatchObject({ error: { class: 'stopped' } });
    expect(sent()).toBe(0);
    expect(events).toEqual([]);
  });
});
