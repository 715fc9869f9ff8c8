import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChatTransport } from '../../src/models/types.js';
import { ok } from '../../src/core/result.js';
import type { JsonObject } from '../../src/core/json.js';
import { startModelServer, type ModelCall, type ModelServer } from '../rig/model-server.js';
import { bench, labelQuestion, modelAt, textQuestion } from './setup.js';
import type { RunEvent } from '../../src/core/events.js';

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

function kinds(events: readonly RunEvent[]): string[] {
  return events.map(({ kind }) => kind);
}

describe('a call that fails and heals', () => {
  it('waits as long as Retry-After says', async () => {
    const { models, clock, events } = bench([modelAt(server.url)]);
    const reply = models.ask(textQuestion());
    (await server.next()).status(429, { headers: { 'retry-after': '61' } });
    (await server.next()).reply('done');
    expect(await reply).toMatchObject({ ok: true, value: { value: 'done' } });
    expect(clock.waits).toEqual([61_000]);
    expect(kinds(events)).toEqual([
      'call-start',
      'call-end',
      'call-retry',
      'waiting',
      'call-start',
      'call-end',
      'asked',
    ]);
    expect(events[2]).toEqual({
      kind: 'call-retry',
      alias: 'writer',
      reason: 'acme answered 429: scripted 429',
      waitMs: 61_000,
    });
    expect(events[5]).toEqual({ kind: 'call-end', alias: 'writer', ok: true, input: 10, output: 5 });
  });

  it('waits longer and longer without Retry-After', async () => {
    const { models, events } = bench([modelAt(server.url)]);
    const reply = models.ask(textQuestion());
    for (let turn = 0; turn < 4; turn += 1) (await server.next()).status(429);
    (await server.next()).reply('done');
    expect((await reply).ok).toBe(true);
    const waits = events.map((event) => (event.kind === 'call-retry' ? event.waitMs : undefined));
    expect(waits.filter((wait) => wait !== undefined)).toEqual([500, 1000, 2000, 4000]);
  });

  it.each<[string, (call: ModelCall) => void]>([
    ['a 500', (call) => call.status(500)],
    ['a 503 page', (call) => call.status(503, { body: '<html>busy</html>' })],
    ['a reset connection', (call) => call.reset()],
    ['an answer that breaks off', (call) => call.partial()],
    ['an HTML page with 200', (call) => call.html()],
    ['an empty 200', (call) => call.raw('')],
    ['a completion without choices', (call) => call.raw('{"choices":[]}')],
  ])('is asked again after %s', async (_what, fail) => {
    const { models, clock } = bench([modelAt(server.url)]);
    const reply = models.ask(textQuestion());
    fail(await server.next());
    (await server.next()).reply('done');
    expect(await reply).toMatchObject({ ok: true, value: { value: 'done' } });
    expect(clock.waits).toEqual([500]);
  });

  it('is cut off and asked again when no answer comes in time', async () => {
    const { models } = bench([modelAt(server.url, { timeout: 0.2 })]);
    const reply = models.ask(textQuestion());
    const first = await server.next();
    first.hang();
    await first.closed;
    (await server.next()).reply('done');
    expect((await reply).ok).toBe(true);
  });

  it('is handed to the transport, where its timeout runs, only with a permit', async () => {
    const pending: (() => void)[] = [];
    const usage = { input: 1, output: 1, cached: undefined, reasoning: undefined };
    const answer = ok({ text: 'done', finishReason: 'stop', usage });
    const transport: ChatTransport = {
      send: () => new Promise((resolve) => pending.push(() => resolve(answer))),
    };
    const { models } = bench([modelAt(server.url, { max_parallel_requests: 1 })], {
      transportFor: () => transport,
    });
    const replies = ['a', 'b'].map((row) => models.ask(textQuestion(row)));
    await new Promise(setImmediate);
    expect(pending).toHaveLength(1);
    pending[0]?.();
    await replies[0];
    await new Promise(setImmediate);
    expect(pending).toHaveLength(2);
    pending[1]?.();
    expect((await Promise.all(replies)).map((reply) => reply.ok)).toEqual([true, true]);
  });
});

describe('a success that can be no answer', () => {
  it.each<[string, (call: ModelCall) => void, string]>([
    ['a web page', (call) => call.html(), 'an HTML page instead of a chat completion: Sign in'],
    [
      'an error without a status',
      (call) => call.raw('{"error":{"message":"no such deployment"}}'),
      'no such deployment',
    ],
    ['an error as text', (call) => call.raw('{"error":"model not loaded"}'), 'model not loaded'],
    [
      'JSON of another kind',
      (call) => call.raw('{"ok":true}'),
      'no choices instead of a chat completion: {"ok":true}',
    ],
    ['a choice without a message', (call) => call.raw('{"choices":[{}]}'), 'a choice without a message'],
  ])(
    '%s: is given up when it came three times, and the message says what came',
    async (_what, fail, says) => {
      const { models } = bench([modelAt(server.url)]);
      server.handle(fail);
      expect(await models.ask(textQuestion())).toMatchObject({
        ok: false,
        error: { class: 'overload', message: expect.stringContaining(says) },
      });
      expect(server.calls).toHaveLength(3);
    },
  );

  it('is asked again as often as a failing server when it is empty, cut, or says that it passes', async () => {
    for (const body of ['', '{"choices":[{"mess', '{"error":{"message":"Overloaded, try again later"}}']) {
      const before = server.calls.length;
      server.handle((call) => call.raw(body));
      const { models } = bench([modelAt(server.url)]);
      expect((await models.ask(textQuestion())).ok).toBe(false);
      expect(server.calls.length - before).toBeGreaterThanOrEqual(6);
    }
  });
});

describe('a call that does not heal', () => {
  it('fails with its class, its hint and every try', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.status(500));
    const reply = await models.ask(textQuestion());
    expect(reply).toMatchObject({
      ok: false,
      error: { class: 'overload', message: 'acme answered 500: scripted 500' },
    });
    expect(reply.ok ? [] : reply.error.attempts).toEqual(
      Array.from({ length: 7 }, () => ({
        alias: 'writer',
        class: 'overload',
        message: 'acme answered 500: scripted 500',
      })),
    );
    expect(server.calls).toHaveLength(7);
  });

  it.each([
    [400, 'invalid-request'],
    [413, 'context-window'],
    [404, 'invalid-request'],
  ])('is not asked again after a %i', async (status, failureClass) => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.status(status));
    expect(await models.ask(textQuestion())).toMatchObject({ ok: false, error: { class: failureClass } });
    expect(server.calls).toHaveLength(1);
  });

  it('is given up when the server asks for more than ten minutes', async () => {
    const { models, clock } = bench([modelAt(server.url)]);
    server.handle((call) => call.status(429, { headers: { 'retry-after': '3600' } }));
    expect(await models.ask(textQuestion())).toMatchObject({ ok: false, error: { class: 'rate' } });
    expect(clock.waits).toEqual([]);
  });

  it('says that no server is listening', async () => {
    const { url } = server;
    await server.close();
    const { models } = bench([modelAt(url)]);
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: false,
      error: { class: 'network', hint: expect.stringContaining(`no server is listening at ${url}`) },
    });
  });
});

describe('a wrong key', () => {
  it('stops all calls to that model at once, those that wait included', async () => {
    const { models } = bench([modelAt(server.url, { max_parallel_requests: 1 })]);
    server.handle((call) => call.status(401, { body: { error: { message: 'bad key' } } }));
    const replies = await Promise.all(['a', 'b', 'c'].map((row) => models.ask(textQuestion(row))));
    expect(server.calls).toHaveLength(1);
    expect(replies[0]).toMatchObject({
      ok: false,
      error: { class: 'auth', hint: expect.stringMatching(/^set TEST_KEY /) },
    });
    for (const later of replies.slice(1)) {
      expect(later).toMatchObject({
        ok: false,
        error: {
          class: 'auth',
          message: 'not sent, because an earlier request failed: acme answered 401: bad key',
        },
      });
    }
  });

  it('that is not set at all costs no call', async () => {
    const { models } = bench([
      modelAt('http://models.example/v1', {}, { endpoint: { keyVariable: 'UNSET_KEY' } }),
    ]);
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: false,
      error: { class: 'auth', message: 'no key for the provider acme: UNSET_KEY is not set' },
    });
    expect(server.calls).toHaveLength(0);
  });
});

describe('calls at the same time', () => {
  it('are as many as max_parallel_requests and never more', async () => {
    const { models } = bench([modelAt(server.url, { max_parallel_requests: 3 })]);
    const held: ModelCall[] = [];
    server.handle((call) => {
      // A server on this machine is asked one at a time first.
      if (server.calls.length <= 3) return call.reply('done');
      if (held.push(call) === 3) for (const one of held.splice(0)) one.reply('done');
    });
    const rows = Array.from({ length: 39 }, (_, index) => models.ask(textQuestion(`row ${index}`)));
    expect((await Promise.all(rows)).every(({ ok }) => ok)).toBe(true);
    expect(server.calls).toHaveLength(39);
    expect(server.maxInFlight).toBe(3);
  });

  it('hold back together when the server names a time', async () => {
    const { models, clock, events } = bench([modelAt(server.url, { max_parallel_requests: 2 })]);
    // A server on this machine is asked one at a time first.
    const warmUp = models.ask(textQuestion('first'));
    (await server.next()).reply('done');
    await warmUp;
    const replies = ['a', 'b', 'c'].map((row) => models.ask(textQuestion(row)));
    const first = await server.next();
    const second = await server.next();
    first.status(429, { headers: { 'retry-after': '30' } });
    await first.closed;
    server.handle((call) => call.reply('done'));
    second.reply('done');
    expect((await Promise.all(replies)).every(({ ok }) => ok)).toBe(true);
    expect(clock.waits[0]).toBe(30_000);
    expect(events.filter(({ kind }) => kind === 'call-retry')).toHaveLength(1);
  });
});

describe('a model that does not take a parameter', () => {
  it('is asked without it, then and later', async () => {
    const model = modelAt(server.url, { temperature: 0.6, max_tokens: 100 });
    const { models, store } = bench([model]);
    const reply = models.ask(textQuestion('row 1'));
    (await server.next()).status(400, refusal('max_tokens', 'unsupported_parameter'));
    (await server.next()).status(400, refusal('temperature', 'unsupported_value'));
    const third = await server.next();
    expect(third.body).toEqual({
      model: 'acme/writer-1',
      messages: [{ role: 'user', content: 'Say something.' }],
      max_completion_tokens: 100,
    });
    third.reply('done');
    expect((await reply).ok).toBe(true);

    const laterRun = bench([model], { store });
    server.handle((call) => call.reply('done'));
    await laterRun.models.ask(textQuestion('row 2'));
    expect(server.calls).toHaveLength(4);
    expect(server.calls[3]?.body).toEqual(third.body);
  });

  it('fails when it refuses what was not sent', async () => {
    const { models } = bench([modelAt(server.url)]);
    server.handle((call) => call.status(400, refusal('max_tokens', 'unsupported_parameter')));
    expect(await models.ask(labelQuestion())).toMatchObject({
      ok: false,
      error: { class: 'invalid-request' },
    });
    expect(server.calls).toHaveLength(1);
  });
});

function refusal(param: string, code: string): { readonly body: JsonObject } {
  return { body: { error: { message: `no ${param}`, type: 'invalid_request_error', param, code } } };
}
