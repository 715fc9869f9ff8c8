/** `dd batches` asks with what the run sends, several batches at a time, and lists them in their order. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { builtInRegistries } from '../../../src/plugins/registries.js';
import { endpointRecord } from '../../../src/run/batch/endpoints.js';
import { cancelBatches, listBatches, type BatchesContext } from '../../../src/run/batch/list-batches.js';
import { openBatchFolder, type BatchRecord } from '../../../src/run/batch/records.js';
import { openRecipe } from '../../../src/run/open-recipe.js';

let folder: string;
let server: Server;
let url: string;
/** What was asked: paths, with the headers. */
let asked: (readonly [path: string, headers: IncomingHttpHeaders])[];
/** Answers the questions that wait, the last first. */
let answer: () => void;
let onAsked: (waiting: number) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-list-'));
  asked = [];
  let waiting: (() => void)[] = [];
  answer = () => {
    const now = waiting.toReversed();
    waiting = [];
    for (const each of now) each();
  };
  server = createServer((request, response) => {
    asked.push([request.url ?? '', request.headers]);
    const status = `${request.url?.split('/').at(-1)} is in_progress`;
    waiting.push(() =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ status })),
    );
    onAsked(waiting.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  onAsked = answer;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const context = (env: Record<string, string> = {}): BatchesContext => ({
  root: join(folder, 'batches'),
  env: { XDG_CONFIG_HOME: folder, ...env },
  providers: builtInRegistries.providers,
  allowHosts: false,
  signal: new AbortController().signal,
  today: () => new Date('2026-01-02T00:00:00Z'),
});

/** Writes a batch under way of a model, as a run of the recipe does. */
async function underWay(number: number, provider: string, declared = '', env: Record<string, string> = {}) {
  const text = `name: x
${declared}
model_configs: [{ alias: m, provider: ${provider}, model: x }]
columns: [{ name: a, column_type: llm-text, model_alias: m, prompt: Hello }]`;
  const { plan } = await openRecipe('recipe.yaml', { text, cwd: folder, env });
  const model = plan?.models.get('m');
  if (!plan || !model) throw new Error('no plan');
  const record: BatchRecord = {
    id: `1-${number}`, state: 'submitted', dataset: 'made', wave: 1, alias: 'm', model: 'x',
    ...endpointRecord(model.endpoint, plan), protocol: 'openai-batch',
    created_at: `2026-01-01T00:00:${String(number).padStart(2, '0')}Z`,
    requests: 1, bytes: 1, tokens: 1, batch: `batch_${number}`,
  }; // prettier-ignore
  await (await openBatchFolder(join(folder, 'batches', 'made'))).write(record);
  return record;
}

const declaring = (headers = '{}', address = url): string =>
  `providers: [{ name: far, endpoint: "${address}", extra_headers: ${headers} }]`;

it('asks about several at a time, no more than eight, and keeps their order', async () => {
  for (let number = 0; number < 12; number += 1) await underWay(number, 'far', declaring());
  let most = 0;
  onAsked = (waiting) => {
    most = Math.max(most, waiting);
    if (waiting === 8 || asked.length === 12) answer();
  };
  const listed = await listBatches(context());
  expect(most).toBe(8);
  expect(listed.map(({ status, problem }) => status?.says ?? problem)).toEqual(
    Array.from({ length: 12 }, (_, number) => `batch_${number}_is_in_progress`),
  );
});

describe('sends what the run sends', () => {
  it('the headers and the query that the recipe has for the provider', async () => {
    await underWay(1, 'far', declaring('{ X-Tenant: blue }', `${url}?api-version=2026-01-01`));
    const [listed] = await listBatches(context());
    expect(listed?.problem).toBeUndefined();
    expect(asked).toMatchObject([['/v1/batches/batch_1?api-version=2026-01-01', { 'x-tenant': 'blue' }]]);
    expect(await cancelBatches(['all'], context())).toMatchObject({ ok: true });
    expect(asked[1]).toMatchObject([expect.stringContaining('/cancel'), { 'x-tenant': 'blue' }]);
  });

  it('what the environment has for a provider of dd, which is not written down', async () => {
    const env = { OPENAI_BASE_URL: `${url}?x=1`, OPENAI_API_KEY: 'sk-test-0123456789' };
    const record = await underWay(1, 'openai', '', env);
    expect(JSON.stringify(record)).not.toContain('127.0.0.1');
    await listBatches(context(env));
    expect(asked).toMatchObject([
      ['/v1/batches/batch_1?x=1', { authorization: 'Bearer sk-test-0123456789' }],
    ]);
  });

  it('its organisation and project, where the environment has them', async () => {
    const env = { OPENAI_API_KEY: 'sk-test-0123456789', OPENAI_ORG_ID: 'org-1' };
    const record = await underWay(1, 'openai', '', env);
    expect(record).not.toHaveProperty('extra_headers');
    const { endpointOf } = await import('../../../src/run/batch/endpoints.js');
    const found = endpointOf(record, env, builtInRegistries.providers);
    expect(found?.endpoint.headers).toEqual({ 'OpenAI-Organization': 'org-1' });
  });
});
