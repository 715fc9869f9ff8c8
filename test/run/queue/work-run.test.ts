import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunEvent } from '../../../src/core/events.js';
import { identifyRows } from '../../../src/engine/row-identity.js';
import type { Plan } from '../../../src/engine/types.js';
import { makeDataset } from '../../../src/run/make-dataset.js';
import { openRecipe } from '../../../src/run/open-recipe.js';
import { connectQueue, type QueueConnection } from '../../../src/run/queue/connection.js';
import { openCoordinator } from '../../../src/run/queue/coordinator.js';
import { keysOf, NEWS, RUNS } from '../../../src/run/queue/keys.js';
import { openRows } from '../../../src/run/queue/row-files.js';
import { recordOf } from '../../../src/run/queue/run-record.js';
import { TIMING, workOnRun } from '../../../src/run/queue/work-run.js';
import { workOnQueue } from '../../../src/run/queue/worker.js';
import { startModelServer } from '../../rig/model-server.js';
import { startRedis, type RedisServer } from '../../rig/redis.js';
import { folder } from '../../recipe/support.js';

let server: RedisServer;
beforeEach(async () => {
  server = await startRedis();
});
afterEach(() => server.close());

const RECIPE = `
model_configs: [{ alias: m, provider: openai, model: gpt-test }]
seed_config: { source: { seed_type: rows, rows: [{ word: red }] } }
columns: [{ name: answer, column_type: llm-text, model_alias: m, prompt: "About {{ word }}" }]
`;

async function open(env: Readonly<Record<string, string>>) {
  const cwd = folder({ 'made.yaml': RECIPE });
  const { plan, openedWith } = await openRecipe('made.yaml', { cwd, env });
  if (!plan) throw new Error('the recipe has mistakes');
  return {
    plan,
    openedWith,
    cwd,
    record: recordOf(plan, { isExported: false, retryFailed: false, plugins: [] }),
  };
}

async function connected(): Promise<QueueConnection> {
  const connection = await connectQueue(server.url);
  if (!connection.ok) throw new Error(connection.error.message);
  return connection.value;
}

/** The same connection, on which news of a worker cannot be sent the first times. */
function refusingNews(connection: QueueConnection, usage: string, times: number): QueueConnection {
  let left = times;
  const multi = (): ReturnType<QueueConnection['redis']['multi']> => {
    const chain = connection.redis.multi();
    const [hset, exec] = [chain.hset.bind(chain), chain.exec.bind(chain)];
    let isNews = false;
    return Object.assign(chain, {
      hset: (...given: Parameters<typeof hset>) => {
        isNews = given[0] === usage;
        return hset(...given);
      },
      exec: () => {
        if (!isNews || left === 0) return exec();
        left -= 1;
        return Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'"));
      },
    });
  };
  const redis = new Proxy(connection.redis, {
    get(target, key) {
      if (key === 'multi') return multi;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...connection, redis };
}

test('what a worker could not tell is told later, once', async () => {
  const models = await startModelServer();
  const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: models.url };
  models.handle((call) => call.reply('red is a colour'));
  const { plan, cwd, record } = await open(env);
  const connection = await connected();
  const events: RunEvent[] = [];
  let heard = (): void => undefined;
  const coordinator = await openCoordinator(connection, {
    plan,
    record,
    store: { putTexts: async () => undefined, remember: async () => undefined },
    idFile: join(cwd, 'id'),
    emit(event) {
      events.push(event);
      heard();
    },
  });
  const [id = ''] = await server.client.smembers(RUNS);
  const reading = await openRows(id, undefined, undefined);
  if (!reading.ok) throw new Error(reading.error.message);
  const worked = workOnRun({
    readRows: reading.value,
    connection: refusingNews(connection, keysOf(id).usage, 3),
    id,
    record,
    plan,
    worker: 'w',
    timing: { ...TIMING, news: 5 },
    env,
    stop: new AbortController().signal,
    abort: new AbortController().signal,
    onEvent: () => undefined,
    onBlock: () => undefined,
    onFatal: (failure) => events.push({ kind: 'worker-note', text: failure.message }),
  });
  const rows = await firstRows(plan);
  await coordinator.send({ rows, known: [] });
  while (!events.some(({ kind }) => kind === 'call-end'))
    await new Promise<void>((resolve) => (heard = resolve));
  await worked.close();
  await coordinator.end(new AbortController().signal);
  expect(events.filter(({ kind }) => kind.startsWith('call-')).map(({ kind }) => kind)).toEqual([
    'call-start',
    'call-end',
  ]);
  expect(coordinator.usage()).toMatchObject([{ alias: 'm', column: 'answer', calls: 1 }]);
  connection.close();
  await models.close();
});

test('a worker that cannot read a block puts it back and leaves the run, unless the block was collected meanwhile', async () => {
  const env = { OPENAI_API_KEY: 'sk-test' };
  const { plan, cwd, record: inRedis } = await open(env);
  const record = { ...inRedis, rows: cwd };
  const connection = await connected();
  const coordinator = await openCoordinator(connection, {
    plan,
    record,
    store: { putTexts: async () => undefined, remember: async () => undefined },
    idFile: join(cwd, 'id'),
    emit: () => undefined,
  });
  const [id = ''] = await server.client.smembers(RUNS);
  const stop = new AbortController();
  const problems: string[] = [];
  let leave = (): void => undefined;
  const leaving = new Promise<void>((resolve) => (leave = resolve));
  const worked = workOnRun({
    connection,
    id,
    record,
    plan,
    async readRows(block) {
      if (block === 'block-0') await server.client.unlink(keysOf(id).block(block));
      return { ok: false, error: { message: `no file of ${block}` } };
    },
    worker: 'w',
    timing: TIMING,
    env,
    stop: stop.signal,
    abort: new AbortController().signal,
    onEvent: () => undefined,
    onBlock: () => undefined,
    onFatal({ message }) {
      // As a worker does that leaves a run; it may get the block once more while it closes.
      if (stop.signal.aborted) return;
      problems.push(message);
      stop.abort();
      void worked.close().then(leave);
    },
  });
  const rows = await firstRows(plan);
  const collected = new Promise<unknown>((resolve) => coordinator.onCollected(resolve));
  await coordinator.send({ rows, known: [] });
  expect(await collected).toBeUndefined();
  await coordinator.send({ rows, known: [] });
  await leaving;
  expect(problems).toEqual(['no file of block-1']);
  expect(await coordinator.gauges()).toMatchObject({ dd_blocks_waiting: 1, dd_blocks_active: 0 });
  expect(await server.client.hget(`${keysOf(id).queue.prefix}:jobs:block-1`, 'atm')).toBeNull();
  await coordinator.end(new AbortController().signal);
  connection.close();
});

async function firstRows(plan: Plan) {
  async function* seeds() {
    yield { word: 'red' };
  }
  const rows = [];
  for await (const row of identifyRows(plan, seeds())) rows.push(row);
  return rows;
}

test('a worker that cannot close a run says why, and ends', async () => {
  const env = { OPENAI_API_KEY: 'sk-test' };
  const { record, cwd } = await open(env);
  const keys = keysOf('run-1');
  await server.client.set(keys.record, JSON.stringify(record));
  await server.client.sadd(RUNS, 'run-1');
  const [stop, abort] = [new AbortController(), new AbortController()];
  const notes: string[] = [];
  let heard = (): void => undefined;
  const says = async (text: string): Promise<void> => {
    while (!notes.some((note) => note.includes(text)))
      await new Promise<void>((resolve) => (heard = resolve));
  };
  const ended = workOnQueue({
    url: server.url,
    cwd,
    env,
    allowPlugins: false,
    once: false,
    timing: TIMING,
    onNote(text) {
      notes.push(text);
      heard();
    },
    interrupt: () => ({ stop: stop.signal, abort: abort.signal }),
  });
  await says('working on made');
  await server.client.set(keys.workers, 'of another type');
  await server.client.publish(NEWS, JSON.stringify({ run: 'run-1', kind: 'end' }));
  await says('a fault of the queue: WRONGTYPE');
  stop.abort();
  expect(await ended).toMatchObject({ ok: true, value: { runs: 1, interrupted: true } });
});

test('a run that is interrupted before its coordinator reaches Redis ends as interrupted, and says what is lost', async () => {
  const env = { OPENAI_API_KEY: 'sk-test' };
  const { plan, openedWith, cwd } = await open(env);
  const notes: RunEvent[] = [];
  const outcome = await makeDataset({
    plan,
    openedWith,
    target: { artifactPath: join(cwd, 'artifacts') },
    env,
    queue: { url: server.url, isExported: false },
    onEvent: (event) => void (event.kind === 'worker-note' && notes.push(event)),
    interrupt() {
      void server.kill();
      return { stop: AbortSignal.abort(), abort: AbortSignal.abort() };
    },
  });
  expect(outcome).toMatchObject({
    ok: true,
    value: { exitCode: 130, stopped: { kind: 'interrupted' }, metadata: { rows: { done: 0 } } },
  });
  expect(notes).toMatchObject([{ text: expect.stringContaining('does not answer') }]);
});
