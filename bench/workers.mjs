/**
 * Scaling and take-over of a queue, with the real program and a model server that answers after 100 ms.
 *
 *     npm run build && [DELAY=100] node bench/workers.mjs [CALLS] [takeover|cpu]
 *
 * Each worker has 64 requests in flight: the recipe's limit is 64 times the workers, which share it. Time is counted from
 * the first request to the last answer, so that it has the start of every worker's requests, but not that of programs.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createProbe } from 'node:net';
import { cpus, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dd = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const calls = Number(process.argv[2] ?? 20_000);
/** Milliseconds of a call. */
const delay = Number(process.env.DELAY ?? 100);
const dir = await mkdtemp(join(tmpdir(), 'dd-bench-'));
const port = await freePort();
const redis = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', dir], { stdio: 'pipe' });
await said(redis.stdout, 'Ready to accept');
const queue = `redis://127.0.0.1:${port}`;
let served = 0;
let inFlight = 0;
let most = 0;
let first = 0;
let last = 0;
const model = createServer((request, response) => {
  inFlight += 1;
  most = Math.max(most, inFlight);
  first ||= performance.now();
  request.resume().on('end', () =>
    setTimeout(() => {
      inFlight -= 1;
      served += 1;
      last = performance.now();
      const message = { role: 'assistant', content: 'A short answer.' };
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: '1',
          object: 'chat.completion',
          model: 'm',
          choices: [{ index: 0, finish_reason: 'stop', message }],
          usage,
        }),
      );
    }, delay),
  );
});
// dd sends one request at first to a server on a loopback address.
const addresses = Object.values(networkInterfaces()).flat();
const host = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
await new Promise((resolve) => model.listen(0, host, resolve));
const env = { PATH: process.env.PATH, HOME: dir, KEY: 'k' };

if (process.argv[3] === 'takeover') await takeOver();
else if (process.argv[3] === 'cpu') await compareCpu();
else {
  const one = await time(1);
  const four = await time(4);
  console.log(`4 workers take ${(four / one).toFixed(2)} of the time of one, on ${cpus().length} cores`);
}
redis.kill();
model.close();
model.closeAllConnections();
await rm(dir, { recursive: true, force: true });

async function prepare(name, workers, rows) {
  const place = join(dir, name);
  await mkdir(place, { recursive: true });
  const limits = `{ max_parallel_requests: ${64 * workers} }`;
  await writeFile(
    join(place, 'r.yaml'),
    `name: bench
providers:
  - { name: here, endpoint: "http://${host}:${model.address().port}/v1", provider_type: openai, api_key: KEY }
model_configs:
  - { alias: m, provider: here, model: m, inference_parameters: ${limits} }
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns:
  - { name: a, column_type: llm-text, model_alias: m, prompt: "{{ text }}" }
`,
  );
  await writeFile(
    join(place, 'seed.jsonl'),
    Array.from({ length: rows }, (_, at) => `{"text":"row ${at}"}\n`).join(''),
  );
  return place;
}

function start(place, args) {
  const profile = process.env.PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILES}`] : [];
  const child = spawn(process.execPath, [...profile, dd, ...args], {
    cwd: place,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.ended = new Promise((resolve) => child.on('close', resolve));
  return child;
}

/** Seconds from the first request to the last answer. */
async function time(workers) {
  const { seconds, ideal, code, cpu } = await runWith(workers, calls);
  console.log(
    `${workers} workers: ${served} calls in ${seconds.toFixed(1)} s (ideal ${ideal.toFixed(1)} s), most in flight ${most}, exit ${code}`,
  );
  const each = Object.entries(cpu).map(([name, spent]) => `${name} ${spent.toFixed(1)}`);
  console.log(`  CPU seconds: ${each.join(', ')}`);
  return seconds;
}

/** CPU time for a call in `dd run` alone, and in one worker and its coordinator, without that of their start. */
async function compareCpu() {
  const few = Math.ceil(calls / 8);
  const perCall = async (workers) => {
    const [short, long] = [await runWith(workers, few), await runWith(workers, calls)];
    const ms = (of) => (1000 * (long.cpu[of] - short.cpu[of])) / (calls - few);
    return { workers: ms('workers'), coordinator: ms('coordinator'), redis: ms('redis') };
  };
  const alone = (await perCall(0)).coordinator;
  const { workers, coordinator, redis: server } = await perCall(1);
  const line = (name, ms) =>
    console.log(`${name.padEnd(14)} ${ms.toFixed(2)} ms, ${(ms / alone).toFixed(2)}`);
  console.log('CPU time for a call, and as a ratio to dd run alone:');
  line('dd run alone', alone);
  line('worker', workers);
  line('coordinator', coordinator);
  line('Redis', server);
}

/** Without workers, `dd run` makes the cells itself. */
async function runWith(workers, rows) {
  const place = await prepare(`of-${workers}-${rows}`, Math.max(1, workers), rows);
  served = first = last = most = 0;
  const working = Array.from({ length: workers }, () => start(place, ['worker', '--queue', queue]));
  await Promise.all(working.map(({ stderr }) => said(stderr, 'waiting for runs')));
  const server = process.cpuUsage();
  const before = cpuOf(redis);
  const shared = workers > 0 ? ['--queue', queue] : [];
  const coordinating = start(place, ['run', 'r.yaml', ...shared, '--quiet']);
  let coordinator = 0;
  const watching = setInterval(() => (coordinator = cpuOf(coordinating) || coordinator), 50);
  const code = await coordinating.ended;
  clearInterval(watching);
  const { user, system } = process.cpuUsage(server);
  const cpu = {
    workers: working.reduce((sum, worker) => sum + cpuOf(worker), 0),
    coordinator,
    redis: cpuOf(redis) - before,
    server: (user + system) / 1e6,
  };
  for (const worker of working) worker.kill('SIGINT');
  await Promise.all(working.map(({ ended }) => ended));
  const ideal = (served * delay) / 1000 / (64 * Math.max(1, workers));
  return { seconds: (last - first) / 1000, ideal, code, cpu };
}

/** CPU seconds of a process on Linux; 0 when it has ended. */
function cpuOf({ pid }) {
  try {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

/** Seconds from `kill -9` of the only worker with blocks to the next call, with the default lock. */
async function takeOver() {
  const place = await prepare('takeover', 2, calls);
  const coordinating = start(place, ['run', 'r.yaml', '--queue', queue, '--quiet']);
  const victim = start(place, ['worker', '--queue', queue]);
  const hasServed = () => served >= 100;
  while (!hasServed()) await new Promise((resolve) => setTimeout(resolve, 20));
  const next = start(place, ['worker', '--queue', queue]);
  await said(next.stderr, 'working on');
  victim.kill('SIGKILL');
  const killed = performance.now();
  const before = served;
  let resumed;
  const watching = setInterval(() => {
    if (served > before + 128) resumed ??= performance.now();
  }, 100);
  await coordinating.ended;
  clearInterval(watching);
  const since = (at) => `${((at - killed) / 1000).toFixed(1)} s`;
  console.log(
    `after the kill: calls go on after ${since(resumed)}, the run is over after ${since(performance.now())}`,
  );
  console.log(`${served} answers to ${calls} calls`);
  next.kill('SIGINT');
  await next.ended;
}

function said(stream, text) {
  let all = '';
  return new Promise((resolve) => stream.on('data', (chunk) => (all += chunk).includes(text) && resolve()));
}

async function freePort() {
  const probe = createProbe();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
