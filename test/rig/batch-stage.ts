import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { openAi, type Dialect } from './batch-dialects.js';
import { startBatchServer, type BatchServer, type Step } from './batch-server.js';
import { createWorkspace, type Ended, type Running, type Workspace } from './program.js';
import { writeSessions } from './traces.js';

export const BATCH_KEY = 'sk-test-0123456789abcdef';

export interface BatchStage {
  readonly server: BatchServer;
  readonly workspace: Workspace;
  /** `dd run small.yaml --batch`, to its end; waits pass a thousand times faster. */
  run(...more: readonly string[]): Promise<Ended>;
  /** The same in real time; to be followed while it runs. */
  start(env?: Readonly<Record<string, string>>): Running;
  /** Starts it, with fast waits, and kills it once the server has done this step and its answer is on the way. */
  killAt(step: Step): Promise<void>;
  environment(): Readonly<Record<string, string>>;
  /** Removes what was made, and what the server knows. */
  forget(): Promise<void>;
  /** The dataset `small` in bytes. */
  data(): Promise<string>;
  /** The same dataset, made online elsewhere, with the recipe and the answers that each test begins with. */
  onlineData(): Promise<string>;
  /** Makes it online elsewhere with those that the test has put there. */
  runOnline(): Promise<string>;
  /** The prompts of each batch. */
  asked(): readonly (readonly string[])[];
  /** The ids of all requests that were paid for. */
  paid(): readonly string[];
}

export const promptOf = (body: JsonObject): string =>
  (body['messages'] as unknown as { content: string }[]).map(({ content }) => content).join('|');

const usualAnswer = (body: JsonObject): { readonly text: string } => ({ text: `on ${promptOf(body)}` });

/** Made once for all tests of a file. */
const onlineDatasets = new Map<Dialect, string>();

/** Three sessions and two columns, of which the second reads the first: two batches of three requests. */
export function useBatchStage(dialect = openAi): BatchStage {
  let server: BatchServer;
  let workspace: Workspace;
  beforeEach(async () => {
    server = await startBatchServer(dialect);
    workspace = await createWorkspace();
    await writeSessions(workspace, 3);
    await workspace.write('small.yaml', dialect.recipe(server.url));
    server.answer(usualAnswer);
  });
  afterEach(async () => {
    await server.close();
    await workspace.remove();
  });
  const environment = (): Readonly<Record<string, string>> => dialect.environment(server.url, BATCH_KEY);
  const dataIn = (folder: string): Promise<string> =>
    readFile(workspace.path(folder, 'small', 'data', 'part-00000.jsonl'), 'utf8');
  const runOnline = async (): Promise<string> => {
    const ended = await workspace.run(
      [
        'run',
        'small.yaml',
        '--set',
        'model_configs.first.batch=false',
        '--artifact-path',
        'online/artifacts',
      ],
      environment(),
    );
    expect(ended.stderr).not.toContain('error');
    return dataIn('online/artifacts');
  };
  const makeOnline = async (): Promise<string> => {
    server.answer(usualAnswer);
    return (await runOnline()).replaceAll(workspace.dir, 'FOLDER');
  };
  const start = (env: Readonly<Record<string, string>> = {}, speed = 1): Running =>
    workspace.start(['run', 'small.yaml', '--batch'], { ...environment(), ...env }, { speed });
  return {
    get server() {
      return server;
    },
    get workspace() {
      return workspace;
    },
    environment,
    run: (...more) =>
      workspace.run(['run', 'small.yaml', '--batch', ...more], environment(), { speed: 1000 }),
    start: (env) => start(env),
    async killAt(step) {
      const held = server.hold(step);
      const program = start({}, 1000);
      await held;
      program.kill('SIGKILL');
      await program.ended;
      server.release();
    },
    async forget() {
      for (const folder of ['artifacts', '.dd'])
        await rm(workspace.path(folder), { recursive: true, force: true });
      server.forget();
    },
    data: () => dataIn('artifacts'),
    async onlineData() {
      // The rows name the files that they were read from.
      const made = onlineDatasets.get(dialect) ?? (await makeOnline());
      onlineDatasets.set(dialect, made);
      return made.replaceAll('FOLDER', workspace.dir);
    },
    runOnline,
    asked: () => server.batches.map(({ lines }) => lines.map(({ body }) => promptOf(body as JsonObject))),
    paid: () =>
      server.batches.flatMap(({ lines }) => lines.map(({ custom_id }) => cellOf(String(custom_id)))),
  };
}

/** Without the id of the batch, which Anthropic's begin with. */
const cellOf = (custom_id: string): string => custom_id.replace(/^[0-9a-f]{16}-/, '');
