import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { mistralBatch } from '../../../src/models/batch/protocols/mistral.js';
import { modelAt, testKey } from '../setup.js';

it.each([
  ['shorter pages than it was asked for', 2, 5],
  ['no total', 100, undefined],
])('a job of Mistral is found where the list has %s', async (_, size, total) => {
  const jobs = Array.from({ length: total ?? 150 }, (__, index) => ({
    id: `job-${index}`,
    metadata: { dd_batch: index === (total ?? 150) - 1 ? 'ours' : '' },
  }));
  const pages: number[] = [];
  const request = async ({ path }: Dispatcher.RequestOptions): Promise<object> => {
    const page = Number(/page=(\d+)/.exec(path)?.[1]);
    pages.push(page);
    const body = { data: jobs.slice(page * size, (page + 1) * size), ...(total !== undefined && { total }) };
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: Readable.from([Buffer.from(JSON.stringify(body))], { objectMode: false }),
    };
  };
  const route = {
    proxyVariable: undefined,
    open: async () => ({ request }) as unknown as Dispatcher,
  };
  const { endpoint } = modelAt('https://api.mistral.ai/v1');
  const client = mistralBatch.open(endpoint, { TEST_KEY: testKey }, route);
  const lost = { id: 'ours', upload: undefined, since: 0, requests: 1, known: new Set<string>() };
  const found = await client.find(lost, new AbortController().signal);
  expect(found).toEqual({ ok: true, value: { ids: [jobs.at(-1)?.id] } });
  expect(pages).toEqual(size === 2 ? [0, 1, 2] : [0, 1]);
});
