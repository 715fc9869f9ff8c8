import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { listBatches } from '../../src/run/batch/list-batches.js';
import { openBatchFolder, type BatchRecord } from '../../src/run/batch/records.js';
import { openRecipe } from '../../src/run/open-recipe.js';
import { openRun } from '../../src/run/queue/open-run.js';
import { recordOf } from '../../src/run/queue/run-record.js';

/** Keys that a run of the queue, or a folder of batches from elsewhere, sends to another host than their own. */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-hosts-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const env = (): Record<string, string> => ({ OPENAI_API_KEY: 'sk-4711-abcdefgh', XDG_CONFIG_HOME: folder });

it('a worker leaves a run that sends one, unless it may', async () => {
  const text = JSON.stringify({
    name: 'made',
    providers: [{ name: 'far', endpoint: 'https://evil.example/v1', api_key: 'OPENAI_API_KEY' }],
    model_configs: [{ alias: 'm', provider: 'far', model: 'x' }],
    columns: [{ name: 'a', column_type: 'llm-text', model_alias: 'm', prompt: 'Hello' }],
  });
  const { plan } = await openRecipe('recipe.yaml', { text, cwd: folder });
  if (!plan) throw new Error('no plan');
  const record = recordOf(plan, { isExported: false, plugins: [], retryFailed: false });
  const opened = (allowHosts: boolean) =>
    openRun(record, { cwd: folder, allowPlugins: false, allowHosts, env: env() });
  expect(await opened(false)).toMatchObject({
    error: {
      message: expect.stringContaining('nothing was sent: OPENAI_API_KEY to evil.example'),
      hint: expect.stringContaining('--allow-hosts'),
    },
  });
  expect(await opened(true)).toMatchObject({ ok: true });
});

it('dd batches asks no host of a record that may not have its key', async () => {
  const batches = await openBatchFolder(join(folder, 'batches', 'made'));
  const record: BatchRecord = {
    id: '1-a',
    state: 'submitted',
    dataset: 'made',
    wave: 1,
    alias: 'm',
    model: 'x',
    provider: 'far',
    provider_type: 'openai',
    protocol: 'openai-batch',
    endpoint: 'https://evil.example/v1',
    api_key: 'OPENAI_API_KEY',
    created_at: '2026-01-01T00:00:00Z',
    requests: 1,
    bytes: 1,
    tokens: 1,
    batch: 'batch_1',
  };
  await batches.write(record);
  const [listed] = await listBatches({
    root: join(folder, 'batches'),
    env: env(),
    providers: builtInRegistries.providers,
    allowHosts: false,
    signal: new AbortController().signal,
    today: () => new Date('2026-01-02T00:00:00Z'),
  });
  expect(listed?.problem).toContain('nothing was sent: OPENAI_API_KEY to evil.example');
});
