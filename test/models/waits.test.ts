import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RunEvent } from '../../src/core/events.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, modelAt, textQuestion } from './setup.js';

const waitsIn = (events: readonly RunEvent[]): readonly RunEvent[] =>
  events.filter(({ kind }) => kind === 'waiting');

describe('while calls wait', () => {
  let server: ModelServer;
  beforeEach(async () => {
    server = await startModelServer();
  });
  afterEach(() => server.close());

  it('an event names the limit of the server, the header that asks for the pause, and its end', async () => {
    const { models, events } = bench([modelAt(server.url)]);
    server.handle((call) =>
      call.index === 0
        ? call.status(429, { headers: { 'retry-after': '7' }, body: { error: { message: 'slow down' } } })
        : call.reply('ok'),
    );
    expect(await models.ask(textQuestion())).toMatchObject({ ok: true });
    expect(waitsIn(events)[0]).toEqual({
      kind: 'waiting',
      alias: 'writer',
      reason: 'header retry-after; acme answered 429: slow down',
      ms: 7000,
    });
  });

  it('other calls that wait in the queue for the same pause tell it too', async () => {
    const { models, events } = bench([modelAt(server.url, { max_parallel_requests: 1 })]);
    server.handle((call) =>
      call.index === 0
        ? call.status(429, {
            headers: { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '2m' },
          })
        : call.reply('ok'),
    );
    await Promise.all([1, 2, 3].map((row) => models.ask(textQuestion(`row ${row}`))));
    const said = waitsIn(events).filter((event) => event.kind === 'waiting' && event.ms > 100_000);
    expect(said.length).toBeGreaterThanOrEqual(2);
    for (const event of said)
      expect(event).toMatchObject({
        reason: 'header x-ratelimit-reset-tokens; acme answered 429: scripted 429',
      });
  });

  it('a limit of the recipe is named as such', async () => {
    const { models, events } = bench([modelAt(server.url, { requests_per_minute: 2 })]);
    server.handle((call) => call.reply('ok'));
    await Promise.all([1, 2, 3].map((row) => models.ask(textQuestion(`row ${row}`))));
    expect(waitsIn(events)[0]).toMatchObject({
      alias: 'writer',
      reason: 'requests_per_minute or tokens_per_minute of writer',
    });
  });

  it('a server that is not there is named with its address and what to check, before the first pause', async () => {
    const { url } = server;
    await server.close();
    let passed = -1;
    const { models, clock } = bench([modelAt(url)], {
      emit: (event) => {
        if (event.kind === 'waiting' && passed < 0) {
          passed = clock.now();
          expect(event.reason).toBe(`acme could not be reached at ${url}: ECONNREFUSED`);
          expect(event.hint).toContain(`no server is listening at ${url}; start it`);
        }
      },
    });
    expect(await models.ask(textQuestion())).toMatchObject({ ok: false, error: { class: 'network' } });
    expect(passed).toBe(0);
  });
});
