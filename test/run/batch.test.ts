import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDd } from '../../src/dd.js';
import { createMemoryStore } from '../../src/models/cached-requests.js';
import { openAiBatch } from '../../src/models/batch/protocols/openai.js';
import { openAiCompatible } from '../../src/models/providers/registry.js';
import type { BatchLimits } from '../../src/models/batch/types.js';
import type { BatchModel } from '../../src/run/batch/batch-models.js';
import { collectResults, resultLines } from '../../src/run/batch/collect.js';
import { openOutcomes } from '../../src/run/batch/outcomes.js';
import { openBatchFolder, type BatchFolder, type BatchRecord } from '../../src/run/batch/records.js';
import { pollAfter } from '../../src/run/batch/run-batches.js';
import { openTokenQueue } from '../../src/run/batch/token-queue.js';
import { openSpool, splitSpool, type SpooledPart, type SpooledRequest } from '../../src/run/batch/spool.js';
import { modelAt } from '../models/setup.js';

let folder: BatchFolder;
beforeEach(async () => {
  folder = await openBatchFolder(await mkdtemp(join(tmpdir(), 'dd-batch-')));
});
afterEach(() => rm(folder.folder, { recursive: true }));

const request = (key: string, content = 'Hello.'): SpooledRequest => ({
  key,
  column: 'note',
  request: { messages: [{ role: 'user', content }] },
  parameters: {},
  adaptation: { technique: 'json_schema', without: [] },
});

/** A model whose results are `lines`. */
function modelOf(limits: Partial<BatchLimits> = {}, lines: readonly string[] = []): BatchModel {
  const model = modelAt('https://api.openai.com/v1');
  const route = { proxyVariable: undefined, open: () => Promise.reject(new Error('no network')) };
  const client = openAiBatch.open(model.endpoint, {}, route);
  return {
    model,
    protocol: openAiBatch,
    client: {
      ...client,
      async download(_, place) {
        await writeFile(join(place, 'results-0.jsonl'), lines.join('\n'));
        return { ok: true, value: { files: [join(place, 'results-0.jsonl')], missing: 0 } };
      },
    },
    limits: { requests: 100, bytes: 1_000_000, ...limits },
    queue: { name: 'writer', limit: Infinity },
    reading: (response) => ({ send: async (asked) => client.read(response, asked.model) }),
  };
}

async function spooled(
  model: BatchModel,
  requests: readonly SpooledRequest[],
  tokens = Infinity,
): Promise<readonly SpooledPart[]> {
  const spool = openSpool(new Map([['writer', model]]), folder, 1, () => tokens);
  for (const each of requests) await spool.add('writer', each);
  return spool.close();
}

const five = ['a', 'b', 'c', 'd', 'e'].map((key) => request(key));

describe('the requests of a wave', () => {
  it.each<[string, Partial<BatchLimits>, number, readonly number[]]>([
    ['number', { requests: 2 }, Infinity, [2, 2, 1]],
    ['bytes', { bytes: 400 }, Infinity, [2, 2, 1]],
    ['tokens', {}, 18, [3, 2]],
  ])('are divided by their %s', async (_, limits, tokens, sizes) => {
    const parts = await spooled(modelOf(limits), five, tokens);
    expect(parts.map(({ requests }) => requests)).toEqual(sizes);
    for (const { id, requests, bytes } of parts) {
      const upload = await readFile(folder.linesOf(id), 'utf8');
      expect(upload.split('\n').filter(Boolean)).toHaveLength(requests);
      expect(Buffer.byteLength(upload)).toBe(bytes);
    }
  });

  it('that are larger than the limit are handed in alone', async () => {
    const parts = await spooled(modelOf({ bytes: 10 }), five.slice(0, 2));
    expect(parts.map(({ requests }) => requests)).toEqual([1, 1]);
  });

  it('of a batch that was too large for the queue are divided again', async () => {
    const [whole] = await spooled(modelOf(), five);
    if (!whole) throw new Error('no part');
    const parts = await splitSpool({ ...whole, wave: 1 }, modelOf(), folder, 18);
    expect(parts.map(({ requests }) => requests)).toEqual([3, 2]);
    const [one] = await spooled(modelOf(), five.slice(0, 1));
    expect(one && (await splitSpool({ ...one, wave: 1 }, modelOf(), folder, 1))).toEqual([]);
  });
});

describe('the tokens that a provider lets wait', () => {
  const at = (tokens: number, id = 'a'): BatchRecord =>
    ({ id, alias: 'writer', state: 'submitted', tokens }) as unknown as BatchRecord;
  const day = 24 * 60 * 60_000;
  const openQueue = (ms: number): ReturnType<typeof openTokenQueue> =>
    openTokenQueue({
      folder: folder.folder,
      models: new Map(),
      today: () => new Date(ms),
      signal: new AbortController().signal,
    });

  it('are learned from its refusals, and known after a restart, for a day', async () => {
    const open = (ms: number): ReturnType<typeof openTokenQueue> => openQueue(ms);
    const first = await open(0);
    expect(first.limitOf('writer')).toBe(Infinity);
    expect(await first.full(at(100), [])).toBe(true);
    expect(await first.full(at(40), [at(30, 'b')])).toBe(false);
    const second = await open(day - 1);
    expect([second.limitOf('writer'), second.limitOf('other')]).toEqual([30, Infinity]);
    expect(await second.hasRoom(at(10), [at(30, 'b')])).toBe(false);
    expect(await second.hasRoom(at(100), [])).toBe(true);
    expect((await open(day)).limitOf('writer')).toBe(Infinity);
  });

  it('are learned again where the file is damaged', async () => {
    await writeFile(join(folder.folder, 'enqueued-tokens.json'), '{"writer": {"tokens": "1"}, "x": 3');
    expect((await openQueue(0)).limitOf('writer')).toBe(Infinity);
  });
});

describe('results', () => {
  const line = (id: string, text: string): string =>
    JSON.stringify({
      custom_id: id,
      response: {
        status_code: 200,
        body: { choices: [{ finish_reason: 'stop', message: { content: text } }] },
      },
    });
  const status = { state: 'ended', says: 'completed' } as const;

  it('that were half stored when the program ended are taken in again, with the same result', async () => {
    const model = modelOf(
      {},
      five.map(({ key }) => line(key, `answer ${key}`)),
    );
    const [part] = await spooled(model, five);
    const record = { ...part, provider: 'openai' } as unknown as BatchRecord;
    const store = createMemoryStore();
    const outcomes = await openOutcomes(folder.folder);
    const take = (failAt: number): ReturnType<typeof collectResults> => {
      let puts = 0;
      const put: typeof store.put = async (key, answer) => {
        puts += 1;
        if (puts === failAt) throw new Error('the machine is gone');
        await store.put(key, answer);
      };
      return collectResults({
        record, status, model, folder, outcomes, store: { ...store, put },
        onAnswer: () => undefined, mayCome: false, signal: new AbortController().signal,
      }); // prettier-ignore
    };
    await expect(take(3)).rejects.toThrow('the machine is gone');
    expect(await take(0)).toMatchObject({ ok: true, value: { answered: 5, failed: 0, unanswered: 0 } });
    expect(five.map(({ key }) => store.get(key)?.text)).toEqual(five.map(({ key }) => `answer ${key}`));
    expect(store.get('a')?.priceShare).toBe(0.5);
  });

  it('of a line that is longer than any response are passed over', async () => {
    const file = join(folder.folder, 'huge.jsonl');
    await writeFile(file, `short\n${'x'.repeat(300_000)}\nnext`);
    const lines: (string | undefined)[] = [];
    for await (const each of resultLines(file, 1000)) lines.push(each);
    expect(lines).toEqual(['short', undefined, 'next']);
  });

  it('that refuse are asked again as often as online, then fail with every error', async () => {
    const refusal = JSON.stringify({
      custom_id: 'a',
      response: { status_code: 500, body: { error: { message: 'a bad moment' } } },
    });
    const model = modelOf({}, [refusal]);
    const outcomes = await openOutcomes(folder.folder);
    const kinds: (string | undefined)[] = [];
    for (let wave = 0; wave < 7; wave += 1) {
      const [part] = await spooled(model, five.slice(0, 1));
      await collectResults({
        record: { ...part, provider: 'openai' } as unknown as BatchRecord, status, model, folder, outcomes,
        store: createMemoryStore(), onAnswer: () => undefined, mayCome: false, signal: new AbortController().signal,
      }); // prettier-ignore
      kinds.push(outcomes.get('a')?.kind);
    }
    expect(kinds).toEqual([...Array<string>(6).fill('again'), 'failed']);
    const [again, kept] = [await openOutcomes(folder.folder), outcomes.get('a')];
    expect(again.get('a')).toEqual(kept);
    expect(kept?.errors).toHaveLength(7);
  });
});

describe('what became of requests', () => {
  it('is read up to a line that was cut off', async () => {
    const outcomes = await openOutcomes(folder.folder);
    const error = { class: 'invalid-request', message: 'no' } as const;
    await outcomes.add([{ key: 'a', kind: 'failed', errors: [error] }]);
    await writeFile(join(folder.folder, 'outcomes.jsonl'), '{"key":"b","ki', { flag: 'a' });
    const again = await openOutcomes(folder.folder);
    await again.add([{ key: 'c', kind: 'failed', errors: [error] }]);
    const last = await openOutcomes(folder.folder);
    expect(['a', 'b', 'c'].map((key) => last.get(key)?.kind)).toEqual(['failed', undefined, 'failed']);
  });
});

describe('how often a batch is looked at', () => {
  it.each([
    [0, 10],
    [3, 30],
    [60, 60],
    [180, 300],
  ])('after %d minutes: every %d seconds', (minutes, seconds) => {
    expect(pollAfter(minutes * 60_000)).toBe(seconds * 1000);
  });
});

describe('`batch: true`', () => {
  it('of a provider without batches is a mistake that names those with them', async () => {
    const compatible = openAiCompatible({ name: 'own', home: { endpoint: 'https://own.example/v1' } });
    const own = { ...compatible, protocol: { ...compatible.protocol, name: 'own-chat' } };
    const file = join(folder.folder, 'recipe.yaml');
    await writeFile(
      file,
      'name: x\nmodel_configs:\n  - { alias: writer, provider: own, model: m, batch: true }\ncolumns:\n  - { name: text, column_type: llm-text, model_alias: writer, prompt: Hello. }\n',
    );
    const { diagnostics } = await createDd({ providers: [own] }).openRecipe(file, { env: {} });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
      {
        message: '`batch`: dd knows no batches of the provider `own`, of the type `own`',
        hint: expect.stringContaining('OpenAI, Azure, Groq, Together'),
      },
    ]);
  });
});
