import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import type { ModelRequest } from '../../src/models/types.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { bench, labelQuestion, modelAt, textQuestion, type Bench } from './setup.js';

let server: ModelServer;

beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

const models = (first: object = {}): readonly ReturnType<typeof modelAt>[] => [
  modelAt(server.url, first, { alias: 'writer', model: 'acme/first' }),
  modelAt(server.url, {}, { alias: 'second', model: 'acme/second' }),
  modelAt(server.url, {}, { alias: 'third', model: 'acme/third' }),
];
const withFallbacks = (question: ModelRequest): ModelRequest => ({
  ...question,
  fallbacks: ['second', 'third'],
});
const asked = (): readonly string[] => server.calls.map(({ model }) => model.replace('acme/', ''));

/** Models answer if they are named here; the others fail without an answer. */
function only(...names: readonly string[]): void {
  server.handle((call) =>
    names.some((name) => call.model === `acme/${name}`)
      ? call.reply(`by ${call.model}`)
      : call.status(400, { body: { error: { message: 'not today' } } }),
  );
}
const ask = ({ models: line }: Bench, question: Partial<ModelRequest> = {}): ReturnType<typeof line.ask> =>
  line.ask({ ...withFallbacks(textQuestion()), ...question });

describe('fallback models', () => {
  it('are asked in order until one answers, with an event for each step', async () => {
    only('third');
    const run = bench(models());
    expect(await ask(run)).toMatchObject({ ok: true, value: { value: 'by acme/third' } });
    expect(asked()).toEqual(['first', 'second', 'third']);
    expect(run.events.filter(({ kind }) => kind === 'fallback')).toMatchObject([
      { alias: 'writer', next: 'second', failure: { class: 'invalid-request' } },
      { alias: 'second', next: 'third' },
    ]);
    expect(run.models.usage().map(({ alias, calls, cells }) => [alias, calls, cells])).toEqual([
      ['writer', 1, 0],
      ['second', 1, 0],
      ['third', 1, 1],
    ]);
  });

  it('fail with the attempts of all, each with its alias, as the last that was asked', async () => {
    server.handle((call) =>
      call.model === 'acme/first'
        ? call.reply('no')
        : call.status(400, { body: { error: { message: `no ${call.model}` } } }),
    );
    const run = bench(models(), {
      runConfig: { max_conversation_restarts: 0, max_conversation_correction_steps: 0 },
    });
    const reply = await run.models.ask(withFallbacks(labelQuestion()));
    expect(reply).toMatchObject({
      ok: false,
      error: {
        class: 'invalid-request',
        attempts: [
          { alias: 'writer', class: 'schema', answer: 'no' },
          { alias: 'second', class: 'invalid-request' },
          { alias: 'third', class: 'invalid-request' },
        ],
      },
    });
    expect(reply.ok ? '' : reply.error.message).toContain('`writer` failed too (schema)');
  });

  it('are remembered: a later run goes to the stored answer at once', async () => {
    const store = createMemoryStore();
    only('second');
    await ask(bench(models(), { store }));
    only();
    const again = bench(models({ timeout: 3 }), { store });
    expect(await ask(again)).toMatchObject({ ok: true, value: { value: 'by acme/second' } });
    expect(asked()).toEqual(['first', 'second']);
  });

  it('are asked from the first again after all have failed', async () => {
    const store = createMemoryStore();
    only();
    await ask(bench(models(), { store }));
    only('first');
    expect(await ask(bench(models(), { store }))).toMatchObject({ ok: true });
    expect(asked()).toEqual(['first', 'second', 'third', 'first']);
  });

  it('are asked from the first again when the run ended before the second had answered', async () => {
    const store = createMemoryStore();
    const first = bench(models(), { store });
    server.handle((call) => {
      if (call.model === 'acme/second') first.stop.abort();
      call.status(500);
    });
    expect(await ask(first)).toMatchObject({ ok: false, error: { class: 'stopped' } });
    expect(asked()).not.toContain('third');
    only('first');
    expect(await ask(bench(models(), { store }))).toMatchObject({ value: { value: 'by acme/first' } });
  });

  it('prefer the first again once it is put before one that has answered', async () => {
    const store = createMemoryStore();
    only('first', 'second', 'third');
    await ask(bench(models(), { store }), { alias: 'second', fallbacks: [] });
    await ask(bench(models(), { store }));
    expect(asked()).toEqual(['second', 'first']);
  });

  it('go back to the first when every request is sent again and it answers', async () => {
    const store = createMemoryStore();
    only('second');
    await ask(bench(models(), { store }));
    only('first');
    await ask(bench(models(), { store, reuse: false }));
    expect(await ask(bench(models(), { store }))).toMatchObject({ value: { value: 'by acme/first' } });
    expect(asked()).toEqual(['first', 'second', 'first']);
  });

  it.each([401, 402])('stop being asked once refused with %d, and the next takes over', async (status) => {
    server.handle((call) => (call.model === 'acme/first' ? call.status(status) : call.reply('mine')));
    const run = bench(models());
    for (const sample of ['a', 'b', 'c'])
      expect(await ask(run, { rowId: sample })).toMatchObject({ ok: true });
    expect(asked()).toEqual(['first', 'second', 'second', 'second']);
  });

  it('fail as refused only when every one of them is', async () => {
    server.handle((call) => call.status(401));
    expect(await ask(bench(models()))).toMatchObject({ ok: false, error: { class: 'auth' } });
    server.handle((call) => (call.model === 'acme/second' ? call.status(400) : call.status(401)));
    expect(await ask(bench(models()))).toMatchObject({ ok: false, error: { class: 'invalid-request' } });
  });
});

describe('a question that may only look into the store', () => {
  it('sends nothing, and finds what is there', async () => {
    const store = createMemoryStore();
    only('first');
    const run = bench(models(), { store });
    expect(await ask(run, { cachePolicy: 'cache-only' })).toMatchObject({
      ok: false,
      error: { class: 'stopped' },
    });
    expect(server.calls).toHaveLength(0);
    await ask(run);
    expect(await ask(run, { cachePolicy: 'cache-only' })).toMatchObject({
      value: { value: 'by acme/first' },
    });
    expect(server.calls).toHaveLength(1);
  });
});
