import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeDataset } from '../../src/run/make-dataset.js';
import { openRecipe } from '../../src/run/open-recipe.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import type { RunEvent } from '../../src/core/events.js';

const RECIPE = `name: many
model_configs:
  - { alias: main, provider: openai, model: gpt-test }
seed_config: { source: { seed_type: local, path: seeds.jsonl } }
columns:
  - { name: said, column_type: llm-text, model_alias: main, prompt: "Of {{ topic }}" }
`;

let folder: string;
let server: ModelServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-going-on-'));
  server = await startModelServer();
  server.handle((call) => call.reply(call.prompt));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** What happens in a run of so many rows, by kind. */
async function run(numRecords: number): Promise<readonly RunEvent['kind'][]> {
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sk-test' };
  const { plan } = await openRecipe(join(folder, 'recipe.yaml'), { cwd: folder, env });
  if (!plan) throw new Error('the recipe has mistakes');
  const kinds: RunEvent['kind'][] = [];
  const made = await makeDataset({
    plan,
    openedWith: { cwd: folder },
    target: { artifactPath: join(folder, 'artifacts') },
    rows: { limit: numRecords },
    env,
    onEvent: (event) => void kinds.push(event.kind),
  });
  expect(made).toMatchObject({ ok: true, value: { exitCode: 0 } });
  return kinds;
}

/** More rows than may be unfinished at once; every 500th row is looked at, so row 500 is the resume point. */
const STORED = 450;
const ALL = 550;

describe('a run with many stored rows', () => {
  it('asks for what is missing before the first stored row is made again', async () => {
    const lines = Array.from({ length: ALL }, (_, number) => JSON.stringify({ topic: `topic ${number}` }));
    await writeFile(join(folder, 'seeds.jsonl'), lines.join('\n'));
    await writeFile(join(folder, 'recipe.yaml'), RECIPE);
    await run(STORED);
    const kinds = await run(ALL);
    expect(kinds.filter((kind) => kind === 'call-start')).toHaveLength(ALL - STORED);
    expect(kinds.indexOf('call-start')).toBeLessThan(kinds.indexOf('row-end'));
  });
});
