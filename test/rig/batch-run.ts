/**
 * Runs in batches within the test's process, against a stand-in server, on a clock of the test's own: waiting takes no
 * time, and `today` goes on with it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { RunEvent } from '../../src/core/events.js';
import type { JsonObject } from '../../src/core/json.js';
import { readRecords, type BatchRecord } from '../../src/run/batch/records.js';
import { makeDataset } from '../../src/run/make-dataset.js';
import { openRecipe } from '../../src/run/open-recipe.js';
import type { BatchRequest } from '../../src/run/request.js';
import { openAi, type Dialect } from './batch-dialects.js';
import { startBatchServer, type BatchServer } from './batch-server.js';

export interface BatchRuns {
  readonly server: BatchServer;
  /** The folder of all: `artifacts`, and `.dd` beside it. */
  readonly folder: string;
  /** What was said to be noted, in all runs. */
  readonly notes: string[];
  readonly events: RunEvent[];
  /** Runs the recipe; without a name, the usual one. */
  run(options?: RunOptions): Promise<Made>;
  records(dataset?: string): Promise<readonly BatchRecord[]>;
  /** The prompts of each batch that the server has. */
  asked(): readonly (readonly string[])[];
  now(): number;
  /** Called after each wait. */
  onWait(act: (now: number) => void): void;
}

export interface RunOptions extends BatchRequest {
  readonly text?: string;
  /** More keys of the model. */
  readonly model?: string;
  readonly dataset?: string;
  /** Ends the run as Ctrl-C does. */
  readonly stopped?: AbortSignal;
}

export interface Made {
  readonly code: number | undefined;
  /** Why it ended early, or was not begun. */
  readonly why: string | undefined;
  readonly rows: readonly JsonObject[];
}

/** Three rows and one column. */
export const oneColumn = (model = ''): string => `name: small
model_configs:
  - { alias: first, provider: openai, model: gpt-first, prices: { input: 1, output: 1 }${model} }
seed_config: { source: { seed_type: rows, rows: [{ n: 1 }, { n: 2 }, { n: 3 }] } }
columns: [{ name: note, column_type: llm-text, model_alias: first, prompt: "note {{ n }}" }]
`;

export const promptOf = (body: JsonObject): string =>
  (body['messages'] as unknown as { content: string }[]).map(({ content }) => content).join('|');

const START = Date.parse('2026-03-01T10:00:00Z');

export function useBatchRuns(dialect: Dialect = openAi): BatchRuns {
  let server: BatchServer;
  let folder: string;
  let now = START;
  let notes: string[] = [];
  let events: RunEvent[] = [];
  let waited: (now: number) => void = () => undefined;
  beforeEach(async () => {
    [now, notes, events, waited] = [START, [], [], () => undefined];
    folder = await mkdtemp(join(tmpdir(), 'dd-batch-run-'));
    server = await startBatchServer(dialect);
    server.answer((body) => ({ text: `on ${promptOf(body)}` }));
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
    waited(now);
  };
  return {
    get server() {
      return server;
    },
    get folder() {
      return folder;
    },
    get notes() {
      return notes;
    },
    get events() {
      return events;
    },
    async run({ text, model, dataset = 'small', stopped: stopping, ...batch } = {}) {
      const env = { ...dialect.environment(server.url, 'sk-test-0123456789abcdef'), HOME: folder };
      const openedWith = { text: text ?? oneColumn(model), cwd: folder, env };
      const { plan, diagnostics } = await openRecipe('small.yaml', openedWith);
      if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
      const made = await makeDataset({
        plan,
        openedWith,
        target: { artifactPath: join(folder, 'artifacts'), name: dataset },
        env,
        batch: {
          all: true,
          clock: { now: () => now, random: () => 1, sleep },
          today: () => new Date(now),
          ...batch,
        },
        ...(stopping && {
          interrupt: () => ({ stop: stopping, abort: new AbortController().signal }),
        }),
        onEvent: (event) => {
          events.push(event);
          if (event.kind === 'batch' && event.step === 'note') notes.push(event.text);
        },
      });
      if (!made.ok) return { code: undefined, why: made.error.message, rows: [] };
      const { stopped, exitCode } = made.value;
      const file = join(folder, 'artifacts', dataset, 'data', 'part-00000.jsonl');
      const rows = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
      const why =
        stopped?.kind === 'limit'
          ? stopped.message
          : stopped?.kind === 'fatal'
            ? stopped.failure.message
            : stopped?.kind;
      return { code: exitCode, why, rows: rows.map((line) => JSON.parse(line) as JsonObject) };
    },
    records: (dataset = 'small') => readRecords(join(folder, '.dd', 'batches', dataset)),
    asked: () => server.batches.map(({ lines }) => lines.map(({ body }) => promptOf(body as JsonObject))),
    now: () => now,
    onWait: (act) => void (waited = act),
  };
}
