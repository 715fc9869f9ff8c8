/** A request to hand a batch in whose answer is lost, and that the provider works on for long: nothing is paid for twice. */
import { describe, expect, it } from '@jest/globals';
import { anthropic, gemini, mistral, openAi, type Dialect } from '../../rig/batch-dialects.js';
import { oneColumn, useBatchRuns, type BatchRuns, type Made } from '../../rig/batch-run.js';

const MINUTE = 60_000;
const done = {
  code: 0,
  why: undefined,
  rows: [1, 2, 3].map((n) => ({ n, note: `on note ${n}` })),
};
const dialects: readonly (readonly [name: string, Dialect])[] = [
  ['openai', openAi],
  ['mistral', mistral],
  ['gemini', gemini],
];

const textFor = (name: string, runs: BatchRuns): string =>
  name === 'openai'
    ? oneColumn()
    : name === 'anthropic'
      ? oneColumn().replace('provider: openai, model: gpt', 'provider: anthropic, model: claude')
      : `providers: [{ name: ${name}, endpoint: "${runs.server.url}", api_key: OTHER_API_KEY }]\n${oneColumn().replace('provider: openai, model: gpt-first', `provider: ${name}, model: other-first`)}`;

const keysSent = (runs: BatchRuns): readonly unknown[] =>
  runs.server.headers.flatMap((headers) => headers['idempotency-key'] ?? []);

/** Ends the program, as a kill would, while the provider works on the request; the intent is on the disk. */
async function killedInPost(runs: BatchRuns, text = oneColumn()): Promise<void> {
  runs.server.loses(1);
  const stopping = new AbortController();
  runs.onWait(() => stopping.abort());
  expect((await runs.run({ text, stopped: stopping.signal })).why).toBe('interrupted');
  runs.onWait(() => undefined);
  expect(await runs.records()).toMatchObject([{ state: 'intent' }]);
  runs.notes.length = 0;
}

describe.each(dialects)('at %s', (name, dialect) => {
  const runs = useBatchRuns(dialect);
  const run = (): Promise<Made> => runs.run({ text: textFor(name, runs) });

  it('a second batch that turns up while the other is in work is cancelled and counted', async () => {
    runs.server.loses(1);
    runs.server.states((batch) =>
      batch === 0 ? ['in_progress', 'in_progress', 'in_progress', 'completed'] : ['in_progress'],
    );
    let looks = 0;
    runs.onWait(() => {
      looks += runs.server.batches.length > 0 ? 1 : 0;
      if (looks === 2) runs.server.arrive();
    });
    expect(await run()).toEqual(done);
    expect(runs.server.batches.map(({ states }) => states)).toEqual([['completed'], ['cancelled']]);
    expect(runs.server.steps.filter((step) => step === 'cancel')).toHaveLength(1);
    expect(runs.notes).toContain(
      'batch batch_2 holds the same requests as batch batch_1, which was handed in twice since the first request had no answer; it is cancelled',
    );
    expect(await runs.records()).toMatchObject([{ batch: 'batch_1', twins: ['batch_2'], paid_twice: 3 }]);
    expect(runs.notes).toContain('3 requests of batch batch_1 were answered a second time by batch_2');
  });

  it('a batch that turns up within the time that it is looked for is not handed in again', async () => {
    runs.server.loses(1);
    const begun = runs.now();
    runs.onWait((now) => {
      if (now - begun > 50_000) runs.server.arrive();
    });
    expect(await run()).toEqual(done);
    expect(runs.asked()).toHaveLength(1);
    expect(keysSent(runs)).toHaveLength(1);
  });
});

describe('after a kill', () => {
  const runs = useBatchRuns();

  it('the same batch is handed in again, under the same key, when its provider does not have it', async () => {
    await killedInPost(runs);
    expect(await runs.run()).toEqual(done);
    expect(runs.notes).toEqual([
      expect.stringContaining('openai may still be taking a batch that was handed in a moment ago'),
      'openai has no batch of 3 requests that an earlier command began to hand in: it is handed in again',
    ]);
    const [first, second] = keysSent(runs);
    expect([first, keysSent(runs).length]).toEqual([second, 2]);
    expect(runs.server.steps.filter((step) => step === 'upload')).toHaveLength(1);
  });

  it('a provider that honours the key makes one batch', async () => {
    runs.server.honoursKeys();
    await killedInPost(runs);
    expect(await runs.run()).toEqual(done);
    runs.server.arrive();
    expect(runs.server.batches).toHaveLength(1);
  });

  it('the list is read once more just before, after the pass over the rows', async () => {
    await killedInPost(runs);
    const before = runs.server.steps.filter((step) => step === 'list').length;
    runs.server.refuse((step, times) => {
      if (step === 'list' && times === before + 8) runs.server.arrive();
      return undefined;
    });
    expect(await runs.run()).toEqual(done);
    expect(runs.asked()).toHaveLength(1);
  });

  it('and just after: a batch that came in between is cancelled at once', async () => {
    runs.server.states(() => ['in_progress', 'completed']);
    await killedInPost(runs);
    runs.server.refuse((step, times) => {
      if (step === 'create' && times === 2) runs.server.arrive();
      return undefined;
    });
    expect(await runs.run()).toEqual(done);
    expect(runs.server.batches.map(({ states }) => states)).toEqual([['cancelled'], ['completed']]);
  });

  it('of two that arrived, one is adopted and the other cancelled', async () => {
    runs.server.states(() => ['in_progress', 'completed']);
    runs.server.loses(2);
    const stopping = new AbortController();
    const begun = runs.now();
    runs.onWait((now) => {
      if (now - begun > 65_000) stopping.abort();
    });
    expect((await runs.run({ stopped: stopping.signal })).why).toBe('interrupted');
    runs.onWait(() => undefined);
    expect(keysSent(runs)).toHaveLength(2);
    runs.server.arrive();
    expect(await runs.run()).toEqual(done);
    expect(runs.server.batches.map(({ states }) => states)).toEqual([['completed'], ['cancelled']]);
    expect(keysSent(runs)).toHaveLength(2);
  });

  it('nothing is handed in again that the recipe does not ask for any more', async () => {
    await killedInPost(runs);
    const made = await runs.run({ text: oneColumn().replace('"note', '"word') });
    expect(made.code).toBe(0);
    expect(runs.asked()).toEqual([['word 1', 'word 2', 'word 3']]);
  });

  it.each([0, 7 * MINUTE])('it is looked for as long as one says: %d ms', async (graceMs) => {
    await killedInPost(runs);
    const begun = runs.now();
    let createdAfter = 0;
    runs.server.refuse((step) => {
      if (step === 'create') createdAfter = runs.now() - begun;
      return undefined;
    });
    expect(await runs.run({ graceMs })).toEqual(done);
    // What has passed between the request and the end of the program counts.
    expect(createdAfter).toBeGreaterThanOrEqual(Math.max(0, graceMs - MINUTE));
    expect(createdAfter).toBeLessThanOrEqual(graceMs);
  });

  it('a command that does not wait ends where there is more than a minute left', async () => {
    await killedInPost(runs);
    const made = await runs.run({ graceMs: 20 * MINUTE, waits: false });
    expect(made).toMatchObject({ code: 4, why: expect.stringContaining('may still be taking a batch') });
    expect(runs.asked()).toEqual([]);
  });

  it('a server without a list of batches does not hold the run up for ever', async () => {
    await killedInPost(runs);
    runs.server.refuse((step) => (step === 'list' ? { status: 404, body: null } : undefined));
    expect(await runs.run()).toEqual(done);
    expect(runs.notes).toContain(
      'openai lists no batches: one that an earlier command may have handed in is not found',
    );
  });

  it('one that was refused is handed in again under another key: the refusal would be repeated', async () => {
    runs.server.refuse((step, times) =>
      step === 'create' && times === 1 ? { status: 503, body: { error: { message: 'busy' } } } : undefined,
    );
    expect(await runs.run()).toEqual(done);
    expect(new Set(keysSent(runs)).size).toBe(2);
  });
});

describe('at Anthropic, where batches have no name', () => {
  const runs = useBatchRuns(anthropic);
  const run = (): Promise<Made> => runs.run({ text: textFor('anthropic', runs) });

  it('a batch is looked for during ten minutes', async () => {
    runs.server.loses(1);
    const begun = runs.now();
    runs.onWait((now) => {
      if (now - begun > 9 * MINUTE) runs.server.arrive();
    });
    expect(await run()).toEqual(done);
    expect(runs.asked()).toHaveLength(1);
  });

  it('one that may be a second one is not cancelled, since it may be of another program, but told; its end counts', async () => {
    runs.server.loses(1);
    runs.server.states((batch) =>
      batch === 0 ? Array<string>(5).fill('in_progress').concat('completed') : ['in_progress', 'completed'],
    );
    let looks = 0;
    runs.onWait(() => {
      looks += runs.server.batches.length > 0 ? 1 : 0;
      if (looks === 1) runs.server.arrive();
      const [, second] = runs.server.batches;
      if (looks === 4 && second) second.states = ['completed'];
    });
    runs.server.refuse((step) =>
      step === 'cancel' ? { status: 400, body: { error: { message: 'it has ended' } } } : undefined,
    );
    expect(await run()).toEqual(done);
    expect(runs.notes.filter((text) => text.includes('cancel it at anthropic'))).toEqual([
      'batch batch_2 has as many requests as batch batch_1, which was handed in twice; if no other program of yours made it, cancel it at anthropic',
    ]);
    expect(await runs.records()).toMatchObject([{ batch: 'batch_1', twins: ['batch_2'], paid_twice: 3 }]);
  });
});
