import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Worker } from 'bullmq';
import { explainFault } from '../../../src/cli/faults.js';
import type { Plan } from '../../../src/engine/types.js';
import { connectQueue } from '../../../src/run/queue/connection.js';
import { openCoordinator, type Coordinator } from '../../../src/run/queue/coordinator.js';
import { keysOf, RUNS } from '../../../src/run/queue/keys.js';
import type { RunRecord } from '../../../src/run/queue/run-record.js';
import { startRedis, type RedisServer } from '../../rig/redis.js';

let server: RedisServer;
let dir: string;
beforeEach(async () => {
  [server, dir] = await Promise.all([startRedis(), mkdtemp(join(tmpdir(), 'dd-test-'))]);
});
afterEach(() => Promise.all([server.close(), rm(dir, { recursive: true })]));

test('a block that no worker can make is a fault that says what to do, and the next start tries again', async () => {
  const connected = await connectQueue(server.url);
  if (!connected.ok) throw new Error(connected.error.message);
  const connection = connected.value;
  const open = (): Promise<Coordinator> =>
    openCoordinator(connection, {
      plan: { columns: [] } as unknown as Plan,
      record: { name: 'r', sha256: 'a', dd: '1', randomSeed: 1 } as RunRecord,
      store: { putTexts: async () => undefined, remember: async () => undefined },
      idFile: join(dir, 'id'),
      emit: () => undefined,
    });
  const first = await open();
  const failing = new Promise<Error | undefined>((resolve) => first.onCollected(resolve));
  await first.send({ rows: [{ index: 0, seed: {}, ids: new Map() }], known: [] });
  const [run = ''] = await server.client.smembers(RUNS);
  const { name, prefix } = keysOf(run).queue;
  const broken = new Worker(name, () => Promise.reject(new Error('out of luck')), {
    connection: server.client,
    prefix,
  });
  const fault = await failing;
  await broken.close();
  expect(explainFault(fault as Error)).toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(
      /^workers could not make a block of rows, and tried 3 times: out of luck\nRun the same command again .* or without --queue/,
    ),
  });
  expect(await first.gauges()).toMatchObject({ dd_blocks_waiting: 0 });
  await first.leave();
  const second = await open();
  expect(await second.gauges()).toMatchObject({ dd_blocks_waiting: 1 });
  await second.end(new AbortController().signal);
  connection.close();
  expect(await server.client.keys('*')).toEqual([]);
});

test('a start with another choice for the rows sends them again, and leaves no file where they were', async () => {
  const connected = await connectQueue(server.url);
  if (!connected.ok) throw new Error(connected.error.message);
  const [one, two] = await Promise.all(['one-', 'two-'].map((name) => mkdtemp(join(dir, name))));
  const open = (rows: string | undefined): Promise<Coordinator> =>
    openCoordinator(connected.value, {
      plan: { columns: [] } as unknown as Plan,
      record: { name: 'r', sha256: 'a', dd: '1', randomSeed: 1, rows } as RunRecord,
      store: { putTexts: async () => undefined, remember: async () => undefined },
      idFile: join(dir, 'id'),
      emit: () => undefined,
    });
  const filesIn = async (folder = ''): Promise<number> =>
    (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.rows')).length;
  const row = { index: 0, seed: {}, ids: new Map<string, string>() };
  let found: readonly unknown[] = [];
  for (const rows of [one, one, two, undefined]) {
    const coordinator = await open(rows);
    const sent = coordinator.findSent(row);
    found = [...found, sent !== undefined];
    if (!sent) await coordinator.send({ rows: [row], known: [] });
    found = [...found, await filesIn(one), await filesIn(two)];
    if (rows !== undefined) await coordinator.leave();
    else await coordinator.end(new AbortController().signal);
  }
  expect(found).toEqual([false, 1, 0, true, 1, 0, false, 0, 1, false, 0, 0]);
  expect([await readdir(one ?? ''), await readdir(two ?? '')]).toEqual([[], []]);
  connected.value.close();
  expect(await server.client.keys('*')).toEqual([]);
});
