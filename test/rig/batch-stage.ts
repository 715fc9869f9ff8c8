import { readFile, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { openAi } from './batch-dialects.js';
import { startBatchServer, type BatchServer } from './batch-server.js';
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
  environment(): Readonly<Record<string, string>>;
  /** Removes what was made, and what the server knows. */
  forget(): Promise<void>;
  /** The dataset `small` in bytes. */
  data(): Promise<string>;
  /** The same dataset, made online elsewhere. */
  onlineData(): Promise<string>;
  /** The prompts of each batch. */
  asked(): readonly (readonly string[])[];
  /** The ids of all requests that were paid for. */
  paid(): readonly string[];
}

export const promptOf = (body: JsonObject): string =>
  (body['messages'] as unknown as { content: string }[]).map(({ content }) => content).join('|');

/** Three sessions and two columns, of which the second reads the first: two batches of three requests. */
export function useBatchStage(dialect = openAi): BatchStage {
  let server: BatchServer;
  let workspace: Workspace;
  beforeEach(async () => {
    server = await startBatchServer(dialect);
    workspace = await createWorkspace();
    await writeSessions(workspace, 3);
    await workspace.write('small.yaml', dialect.recipe(server.url));
    server.answer((body) => ({ text: `on ${promptOf(body)}` }));
  });
  afterEach(async () => {
    await server.close();
    await workspace.remove();
  });
  const environment = (): Readonly<Record<string, string>> => dialect.environment(server.url, BATCH_KEY);
  const dataIn = (folder: string): Promise<string> =>
    readFile(workspace.path(folder, 'small', 'data', 'part-00000.jsonl'), 'utf8');
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
    start: (env = {}) => workspace.start(['run', 'small.yaml', '--batch'], { ...environment(), ...env }),
    async forget() {
      for (const folder of ['artifacts', '.dd'])
        await rm(workspace.path(folder), { recursive: true, force: true });
      server.forget();
    },
    data: () => dataIn('artifacts'),
    async onlineData() {
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
    },
    asked: () => server.batches.map(({ lines }) => lines.map(({ body }) => promptOf(body as JsonObject))),
    paid: () =>
      server.batches.flatMap(({ lines }) => lines.map(({ custom_id }) => cellOf(String(custom_id)))),
  };
}

/** Without the id of the batch, which Anthropic's begin with. */
const cellOf = (custom_id: string): string => custom_id.replace(/^[0-9a-f]{16}-/, '');
