import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Dispatcher } from 'undici';
import type { Json } from '../../src/core/json.js';
import { batchProtocolOf } from '../../src/models/batch/protocols/index.js';
import { openAiBatch } from '../../src/models/batch/protocols/openai.js';
import type { BatchClient } from '../../src/models/batch/types.js';
import { definitionOf, modelAt, testKey } from './setup.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-batch-'));
  await writeFile(join(folder, 'lines.jsonl'), '{"custom_id":"a"}\n');
});
afterAll(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const others = { requests: 1, known: new Set<string>() };

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Reply = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: Json };

/** The client of an address behind a network that answers by script; what it was asked is in `asked`. */
function clientAt(url: string, reply: (asked: Asked) => Reply): { client: BatchClient; asked: Asked[] } {
  const asked: Asked[] = [];
  const request = async (options: Dispatcher.RequestOptions): Promise<object> => {
    const chunks: Buffer[] = [];
    if (options.body instanceof Readable)
      for await (const chunk of options.body) chunks.push(chunk as Buffer);
    const body = typeof options.body === 'string' ? options.body : Buffer.concat(chunks).toString();
    const one = {
      method: options.method,
      url: `${String(options.origin)}${options.path}`,
      headers: options.headers as Record<string, string>,
      body,
    };
    asked.push(one);
    const { status = 200, headers = { 'content-type': 'application/json' }, body: said = {} } = reply(one);
    return {
      statusCode: status,
      headers,
      body: Readable.from([Buffer.from(JSON.stringify(said))], { objectMode: false }),
    };
  };
  const { endpoint } = modelAt(url);
  const open = async (): Promise<Dispatcher> => ({ request }) as unknown as Dispatcher;
  const client = openAiBatch.open(endpoint, { TEST_KEY: testKey }, { proxyVariable: undefined, open });
  return { client, asked };
}

const hand = (client: BatchClient, onUploaded: (id: string) => Promise<void> = async () => undefined) =>
  client.submit(
    {
      id: 'ours',
      model: modelAt('x'),
      file: join(folder, 'lines.jsonl'),
      upload: undefined,
      onUploaded,
      idempotencyKey: 'ours',
    },
    signal,
  );

describe('a batch of OpenAI', () => {
  it('is a file and then a batch, with our id in its metadata and the key in the header', async () => {
    const uploads: string[] = [];
    const { client, asked } = clientAt('https://api.openai.com/v1', ({ url }) => ({
      body: { id: url.endsWith('/files') ? 'file-1' : 'batch-1' },
    }));
    expect(await hand(client, async (id) => void uploads.push(id))).toEqual({ ok: true, value: 'batch-1' });
    expect(uploads).toEqual(['file-1']);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://api.openai.com/v1/files',
      'POST https://api.openai.com/v1/batches',
    ]);
    expect(asked[0]?.body).toContain('name="purpose"\r\n\r\nbatch\r\n');
    expect(asked[0]?.body).toContain('\r\n\r\n{"custom_id":"a"}\n\r\n--');
    expect(Number(asked[0]?.headers['content-length'])).toBe(asked[0]?.body.length);
    expect(asked[1]?.headers['authorization']).toBe(`Bearer ${testKey}`);
    expect(JSON.parse(asked[1]?.body ?? '')).toEqual({
      input_file_id: 'file-1',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { dd_batch: 'ours' },
    });
  });

  it('is found over several pages, and not looked for among those that are too old', async () => {
    const now = Date.now();
    const batch = (id: string, created: number, ours = ''): Json => ({
      id,
      created_at: Math.floor(created / 1000),
      metadata: { dd_batch: ours },
    });
    const { client, asked } = clientAt('https://api.openai.com/v1', ({ url }) =>
      url.includes('after=b2')
        ? { body: { data: [batch('b3', now, 'ours')], has_more: false } }
        : { body: { data: [batch('b1', now), batch('b2', now)], has_more: true } },
    );
    const lost = { id: 'ours', upload: undefined, since: now, ...others };
    expect(await client.find(lost, signal)).toEqual({ ok: true, value: { ids: ['b3'] } });
    expect(asked).toHaveLength(2);
    const old = clientAt('https://api.openai.com/v1', () => ({
      body: { data: [batch('b1', now - 86_400_000, 'ours elsewhere')], has_more: true },
    }));
    expect(await old.client.find(lost, signal)).toEqual({ ok: true, value: { ids: [] } });
    expect(old.asked).toHaveLength(1);
  });

  it('is found in a list that has the oldest first, or all with the same time', async () => {
    const at = (days: number): number => Math.floor((Date.now() - days * 86_400_000) / 1000);
    const batch = (id: string, days: number): Json => ({
      id,
      created_at: at(days),
      metadata: { dd_batch: id === 'b4' ? 'ours' : '' },
    });
    const lost = { id: 'ours', upload: undefined, since: Date.now(), ...others };
    for (const days of [
      [9, 8, 7, 0],
      [0, 0, 0, 0],
    ]) {
      const all = days.map((each, index) => batch(`b${index + 1}`, each));
      const { client } = clientAt('https://api.openai.com/v1', ({ url }) =>
        url.includes('after=b2')
          ? { body: { data: all.slice(2), has_more: false } }
          : { body: { data: all.slice(0, 2), has_more: true } },
      );
      expect(await client.find(lost, signal)).toEqual({ ok: true, value: { ids: ['b4'] } });
    }
  });

  it('has an error that holds no key', async () => {
    const { client } = clientAt('https://api.openai.com/v1', () => ({
      status: 401,
      body: { error: { message: `Incorrect API key provided: ${testKey}` } },
    }));
    expect(await client.status('b', signal)).toMatchObject({
      ok: false,
      error: { class: 'auth', message: expect.not.stringContaining(testKey) },
    });
  });

  it.each<[Json, object]>([
    [{ status: 'in_progress' }, { state: 'running' }],
    [
      { status: 'COMPLETED', output_file_id: 'o' },
      { state: 'ended', says: 'completed', results: ['o'] },
    ],
    [
      { status: 'expired', output_file_id: 'o', error_file_id: 'e' },
      { state: 'ended', results: ['o', 'e'] },
    ],
    [
      {
        status: 'failed',
        errors: { data: [{ code: 'token_limit_exceeded', message: 'Enqueued token limit' }] },
      },
      { state: 'failed', error: { isQueueFull: true } },
    ],
    [
      { status: 'failed', errors: { data: [{ code: 'invalid_json_line', message: 'line 3' }] } },
      { state: 'failed', error: { message: 'invalid_json_line: line 3', isQueueFull: false } },
    ],
    [{ status: 'pondering' }, { state: 'unknown', says: 'pondering' }],
    [[], { state: 'unknown' }],
  ])('%j is %j', async (body, status) => {
    const { client } = clientAt('https://api.openai.com/v1', () => ({ body }));
    expect(await client.status('b', signal)).toMatchObject({ ok: true, value: status });
  });
});

describe('a batch of Together', () => {
  it('is uploaded where the first answer says, without the key, and is found by its file', async () => {
    const { client, asked } = clientAt('https://api.together.xyz/v1', ({ method, url }) => {
      if (method === 'PUT') return {};
      if (url.includes('/files?'))
        return {
          status: 302,
          headers: { location: 'https://store.example/put', 'x-together-file-id': 'file-7' },
        };
      return method === 'POST'
        ? { body: { job: { id: 'job-1' } } }
        : {
            body: [
              { id: 'job-0', input_file_id: 'other' },
              { id: 'job-1', input_file_id: 'file-7' },
            ],
          };
    });
    expect(await hand(client)).toEqual({ ok: true, value: 'job-1' });
    expect(asked[1]).toMatchObject({
      method: 'PUT',
      url: 'https://store.example/put',
      body: '{"custom_id":"a"}\n',
    });
    expect(asked[1]?.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(asked[2]?.body ?? '')).toMatchObject({
      input_file_id: 'file-7',
      model_id: 'acme/writer-1',
    });
    expect(JSON.parse(asked[2]?.body ?? '')).not.toHaveProperty('metadata');
    const lost = { id: 'ours', upload: 'file-7', since: Date.now(), ...others };
    expect(await client.find(lost, signal)).toEqual({ ok: true, value: { ids: ['job-1'] } });
  });
});

describe('a result', () => {
  const { client } = clientAt('https://api.openai.com/v1', () => ({}));

  it.each<[Record<string, Json>, object | undefined]>([
    [
      { custom_id: 'a', response: { status_code: 200, body: { x: 1 } } },
      { kind: 'response', response: { status: 200, body: '{"x":1}' } },
    ],
    [{ custom_id: 'a', response: null, error: { code: 'batch_expired' } }, { kind: 'unanswered' }],
    [
      { custom_id: 'a', response: null, error: { code: 'odd', message: 'no' } },
      { kind: 'response', response: { status: 502 } },
    ],
    [{ custom_id: 7, response: {} }, undefined],
  ])('%j is %j', (line, item) => {
    const read = client.item(line);
    if (item) expect(read).toMatchObject({ id: 'a', ...item });
    else expect(read).toBeUndefined();
  });

  it('is downloaded to the disk, file by file', async () => {
    const ended = clientAt('https://api.openai.com/v1', ({ url }) => ({ body: url }));
    const status = { state: 'ended', says: 'completed', results: ['o', 'e'] } as const;
    const files = await ended.client.download(status, folder, signal);
    if (!files.ok) throw new Error(files.error.message);
    expect(await Promise.all(files.value.files.map((file) => readFile(file, 'utf8')))).toEqual([
      '"https://api.openai.com/v1/files/o/content"',
      '"https://api.openai.com/v1/files/e/content"',
    ]);
  });
});

describe('limits and addresses', () => {
  it.each([
    ['https://api.openai.com/v1', 50_000, 199_000_000],
    ['https://mine.openai.azure.com/openai/v1', 100_000, 199_000_000],
    ['https://api.groq.com/openai/v1', 50_000, 99_000_000],
  ])('of %s', (url, requests, bytes) => {
    const { endpoint } = modelAt(url);
    expect(openAiBatch.serves(endpoint)).toBe('known');
    expect(openAiBatch.limits(endpoint)).toEqual({ requests, bytes });
  });

  it('of other servers of the same API are tried where the recipe says so', () => {
    const { endpoint } = modelAt('https://llm.example/v1');
    expect(batchProtocolOf(endpoint, false)).toBeUndefined();
    expect(batchProtocolOf(endpoint, true)).toBe(openAiBatch);
  });

  it('of a server of another API are not', () => {
    const definition = {
      ...definitionOf('openai'),
      protocol: { ...definitionOf('openai').protocol, name: 'other' },
    };
    const { endpoint } = modelAt('https://llm.example/v1', {}, { endpoint: { definition } });
    expect(openAiBatch.serves(endpoint)).toBe('no');
  });
});
