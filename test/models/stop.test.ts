import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, labelQuestion, modelAt, textQuestion } from './setup.js';

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const stopped = { ok: false, error: { class: 'stopped' } };

describe('after a stop', () => {
  it('those in flight finish and are stored, those that wait never go out', async () => {
    const store = createMemoryStore();
    const model = modelAt(server.url, { max_parallel_requests: 1 });
    const { models, stop } = bench([model], { store });
    const [first, second] = [models.ask(textQuestion('row 1')), models.ask(textQuestion('row 2'))];
    const call = await server.next();
    stop.abort();
    call.reply('done');
    expect(await first).toMatchObject({ ok: true, value: { value: 'done' } });
    expect(await second).toMatchObject(stopped);
    expect(await models.ask(textQuestion('row 3'))).toMatchObject(stopped);
    expect(server.calls).toHaveLength(1);

    const again = bench([model], { store });
    expect(await again.models.ask(textQuestion('row 1'))).toMatchObject({
      ok: true,
      value: { value: 'done' },
    });
    expect(server.calls).toHaveLength(1);
  });

  it('a failed call is not tried again', async () => {
    const { models, stop } = bench([modelAt(server.url)]);
    const reply = models.ask(textQuestion());
    const call = await server.next();
    stop.abort();
    call.status(500);
    expect(await reply).toMatchObject({
      ok: false,
      error: { class: 'stopped', attempts: [{ class: 'overload' }, { class: 'stopped' }] },
    });
    expect(server.calls).toHaveLength(1);
  });

  it('an invalid answer is kept in the attempts and not corrected', async () => {
    const { models, stop } = bench([modelAt(server.url)]);
    const reply = models.ask(labelQuestion());
    const call = await server.next();
    stop.abort();
    call.reply('no');
    expect(await reply).toMatchObject({
      ok: false,
      error: { class: 'stopped', attempts: [{ class: 'schema', answer: 'no' }, { class: 'stopped' }] },
    });
    expect(server.calls).toHaveLength(1);
  });

  it('stored answers are still given', async () => {
    const { models, stop } = bench([modelAt(server.url)]);
    server.handle((call) => call.reply('done'));
    await models.ask(textQuestion());
    stop.abort();
    expect((await models.ask(textQuestion())).ok).toBe(true);
  });
});

describe('after an abort', () => {
  it('requests in flight are cut off', async () => {
    const { models, stop, abort } = bench([modelAt(server.url)]);
    const reply = models.ask(textQuestion());
    const call = await server.next();
    call.hang();
    stop.abort();
    abort.abort();
    expect(await reply).toMatchObject(stopped);
    await call.closed;
  });
});
