import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setStage, type Stage } from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer, type ModelServer } from '../rig/model-server.js';
import { projectDir, type Running } from '../rig/program.js';

/** `max_parallel_requests` of the scenarios. */
const PARALLEL = 3;

let server: ModelServer;
let stage: Stage;
beforeEach(async () => {
  server = await startModelServer();
  const [scenario] = scenarios;
  stage = await setStage(scenario, server);
});
afterEach(async () => {
  await server.close();
  await stage.workspace.remove();
});

function start(folder: string): Running {
  return stage.workspace.start(
    ['run', 'recipe.yaml', '--quiet', '--artifact-path', `${folder}/artifacts`, '--dataset-name', 'made'],
    {
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: 'sk-test',
      NODE_OPTIONS: `--import=${pathToFileURL(join(projectDir, 'test/rig/tell-refusals.mjs')).href}`,
    },
  );
}

/** What a run made, byte for byte. */
async function made(folder: string): Promise<readonly string[]> {
  const files = ['data/part-00000.jsonl', 'data/part-00000.parquet', 'failures.jsonl', 'recipe.yaml'];
  const dataset = stage.workspace.path(folder, 'artifacts', 'made');
  return Promise.all(files.map((file) => readFile(join(dataset, file), 'latin1')));
}

describe('a server whose port closes in the middle of a run, and opens again', () => {
  it('costs no row: the same dataset, and only what it took with it is asked twice', async () => {
    server.handle(stage.scenario.answer);
    const undisturbed = await start('whole').ended;
    const needed = server.calls.length;

    // It answers four more, then goes down with as many requests as may be in flight.
    let lost = 0;
    let goDown: () => void = () => undefined;
    const isFull = new Promise<void>((resolve) => (goDown = resolve));
    server.handle((call) => {
      if (call.index < needed + 4) return stage.scenario.answer(call);
      call.hang();
      if ((lost += 1) === PARALLEL) goDown();
    });
    const program = start('gone');
    await isFull;
    await server.vanish();
    await program.says('refused: ECONNREFUSED');
    server.handle(stage.scenario.answer);
    await server.comeBack();

    expect((await program.ended).code).toBe(undisturbed.code);
    expect(await made('gone')).toEqual(await made('whole'));
    expect(server.calls.length).toBe(2 * needed + PARALLEL);
  });
});
