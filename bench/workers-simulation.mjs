/**
 * What a queue costs beside the calls: bytes through Redis, memory there, and the coordinator's time for each cell, measured
 * with a worker that makes answers of 2 KB at once, and what follows for 200 workers and 10 million rows.
 *
 *     npm run build && [ROWS=32] [SEED_KB=4] [FILES=1] node bench/workers-simulation.mjs [BLOCKS]
 */
import { fork, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** Of a block. */
const ROWS = Number(process.env.ROWS ?? 32);
const CELLS = 3;
const ANSWER = 'x'.repeat(2048);
/** Kilobytes of a row's seed: words of a vocabulary of 2,000, the first ones more often. Left out, 4 KB that repeat. */
const SEED_KB = Number(process.env.SEED_KB ?? 0);
/** Rows go by files of a shared folder, as with --queue-rows. */
const FILES = process.env.FILES === '1';

if (process.argv[2] === 'worker') await work(process.argv[3]);
else await measure(Number(process.argv[2] ?? 400));

/** Completes every block with its answers, in 10 pipelines at a time. */
async function work(url) {
  const redis = new Redis(url, { maxRetriesPerRequest: null, enableAutoPipelining: true });
  const [run] = await redis.smembers('dd:runs');
  process.send('ready');
  const answer = (key) =>
    `w${JSON.stringify({ text: ANSWER, finishReason: 'stop', usage: { input: 1, output: 1 }, key })}`;
  await new Promise((go) => process.once('message', go));
  const worker = new Worker(
    'jobs',
    async ({ id }) => {
      await redis.hgetallBuffer(`dd:{${run}}:block:${id}`);
      const fields = Array.from({ length: ROWS * CELLS }, (_, at) => [
        `a:${id}-${at}-${'k'.repeat(50)}`,
        answer(at),
      ]);
      await redis.hset(`dd:{${run}}:block:${id}`, Object.fromEntries(fields));
      return { failures: [] };
    },
    { connection: new Redis(url, { maxRetriesPerRequest: null }), prefix: `dd:{${run}}`, concurrency: 10 },
  );
  await worker.waitUntilReady();
}

async function measure(blocks) {
  const { connectQueue } = await import('../dist/run/queue/connection.js');
  const { openCoordinator } = await import('../dist/run/queue/coordinator.js');
  const { openAnswerStore } = await import('../dist/answer-store/answer-store.js');
  const dir = await mkdtemp(join(tmpdir(), 'dd-bench-'));
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', dir], {
    stdio: 'pipe',
  });
  await new Promise((ready) =>
    server.stdout.on('data', (text) => String(text).includes('Ready to accept') && ready()),
  );
  const url = `redis://127.0.0.1:${port}`;
  const connection = (await connectQueue(url)).value;
  const store = await openAnswerStore(join(dir, 'cells'));
  const rows = FILES ? join(dir, 'rows') : undefined;
  if (rows) await mkdir(rows);
  const plan = { columns: ['a', 'b', 'c'].map((name) => ({ column: { name } })) };
  const coordinator = await openCoordinator(connection, {
    plan,
    record: { name: 'bench', sha256: '', rows },
    store,
    idFile: join(dir, 'id'),
    emit: () => undefined,
  });
  const info = async (section, key) =>
    Number(new RegExp(`${key}:(\\d+)`).exec(await connection.redis.info(section))?.[1]);
  const bytesBefore =
    (await info('stats', 'total_net_input_bytes')) + (await info('stats', 'total_net_output_bytes'));

  const textOf = seeds();
  const row = (index) => ({
    index,
    seed: { text: `${index} ${textOf(index)}` },
    ids: new Map([['a', `${index}#0`]]),
  });
  const cells = blocks * ROWS * CELLS;
  /** Microseconds of this process for a cell, with the threads of LMDB and zlib. */
  const perCellSince = (before) => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / cells;
  };
  let cpu = process.cpuUsage();
  const sent = [];
  for (let block = 0; block < blocks; block += 1)
    sent.push(
      await coordinator.send({
        rows: Array.from({ length: ROWS }, (_, at) => row(block * ROWS + at)),
        known: [],
      }),
    );
  const sending = perCellSince(cpu);
  const child = fork(fileURLToPath(import.meta.url), ['worker', url], { stdio: 'inherit' });
  await new Promise((ready) => child.once('message', ready));
  const started = performance.now();
  cpu = process.cpuUsage();
  await new Promise((resolve, reject) => {
    const look = (fault) =>
      fault ? reject(fault) : sent.every(({ isCollected }) => isCollected) && resolve();
    coordinator.onCollected(look);
    look();
    child.send('go');
  });
  const seconds = (performance.now() - started) / 1000;
  const draining = perCellSince(cpu);
  const bytes =
    (await info('stats', 'total_net_input_bytes')) +
    (await info('stats', 'total_net_output_bytes')) -
    bytesBefore;
  const peak = await info('memory', 'used_memory_peak');
  const perCell = (sending + draining) / 1e6;
  const all = 10_000_000 * CELLS;
  const line = (name, value) => console.log(`${name.padEnd(58)} ${value}`);
  line('cells', cells.toLocaleString('en-US'));
  const perSecond = (micros) => Math.round(1e6 / micros).toLocaleString('en-US');
  line('drained, cells a second (wall, beside the worker)', perSecond((seconds * 1e6) / cells));
  line('drained, cells a second of CPU time', perSecond(draining));
  line('sent, cells a second of CPU time', perSecond(sending));
  line('both, cells a second of CPU time', perSecond(sending + draining));
  line('bytes through Redis for a cell', Math.round(bytes / cells));
  line('most memory of Redis, MB', Math.round(peak / 1e6));
  console.log('\n10 million rows of 3 cells, 200 workers of 64 requests of 1 s in flight:');
  line('calls a second', (200 * 64).toLocaleString('en-US'));
  line('time for the calls, hours', (all / (200 * 64) / 3600).toFixed(2));
  line("coordinator's CPU for the queue, hours", ((all * perCell) / 3600).toFixed(2));
  line('bytes through Redis, GB', Math.round((all * bytes) / cells / 1e9));
  line('bytes through Redis, MB a second', Math.round((200 * 64 * bytes) / cells / 1e6));
  line(
    'most answers in Redis at a time (window of 20,000 rows), MB',
    Math.round((20_000 * (CELLS * 2200 + 1500)) / 1e6),
  );
  line('workers of 64 requests of 1 s that fill one coordinator', Math.floor(1 / perCell / 64));
  child.kill();
  await coordinator.end(new AbortController().signal);
  connection.close();
  await store.close();
  server.kill();
  await rm(dir, { recursive: true, force: true });
}

/** The seeds of rows, by their index. */
function seeds() {
  const same = 'Some words of a session that was had. '.repeat(110).slice(0, 4096);
  if (SEED_KB === 0) return () => same;
  let state = 1;
  // A linear congruential generator, so that every run has the same seeds.
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
  const word = () => Math.floor(random() * 36 ** (2 + Math.floor(random() * 5))).toString(36);
  const vocabulary = Array.from({ length: 2000 }, word);
  let text = '';
  while (text.length < 4 * 2 ** 20) text += `${vocabulary[Math.floor(2000 * random() ** 2)]} `;
  const size = SEED_KB * 1024;
  return (index) => text.slice((index * size) % (text.length - size)).slice(0, size);
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
