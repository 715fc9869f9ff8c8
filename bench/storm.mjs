/**
 * How much of a server's rate limit a run makes use of: `node bench/storm.mjs [--rate 50] [--seconds 20]
 * [--rounds 3] [--only 'a bucket, none']`. A server in a process of its own allows so many requests a second and answers 429 beyond; the
 * real program makes one-column datasets against it. The ratio is our time, from the first request to the end
 * of the last, to rows / rate.
 */
import { fork, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    program: { type: 'string', default: fileURLToPath(new URL('../bin/run.js', import.meta.url)) },
  },
});
const rate = Number(values.rate);
const rows = rate * Number(values.seconds);

/** What is counted: requests by the second of the clock, or a bucket that is filled steadily. */
const counters = {
  'each second': () => {
    let second = 0;
    let taken = 0;
    return (now) => {
      if (Math.floor(now / 1000) !== second) [second, taken] = [Math.floor(now / 1000), 0];
      taken += 1;
      return taken <= rate ? 0 : (second + 1) * 1000 - now;
    };
  },
  'a bucket': () => {
    let level = rate / 5;
    let at = performance.now();
    return (now) => {
      level = Math.min(rate / 5, level + ((now - at) / 1000) * rate);
      at = now;
      if (level >= 1) level -= 1;
      else return ((1 - level) / rate) * 1000;
      return 0;
    };
  },
};

const scenarios = Object.keys(counters).flatMap((counter) =>
  ['none', 'exact', 'whole seconds'].flatMap((retryAfter) =>
    [0, 200].map((latencyMs) => ({ counter, retryAfter, latencyMs })),
  ),
);

async function main() {
  console.log(`${rows} rows at ${rate} a second, 64 in flight at most: the ideal is ${rows / rate} s\n`);
  console.log('counts           Retry-After     latency   time / ideal, by round   429s');
  for (const scenario of scenarios) {
    if (!Object.values(scenario).join(', ').includes(values.only)) continue;
    const results = [];
    for (let round = 0; round < Number(values.rounds); round += 1) results.push(await measure(scenario));
    const { counter, retryAfter, latencyMs } = scenario;
    const ratios = results.map(({ ratio }) => ratio.toFixed(2)).join('  ');
    const refused = Math.round(results.reduce((sum, result) => sum + result.refused, 0) / results.length);
    console.log(
      `${counter.padEnd(16)} ${retryAfter.padEnd(15)} ${`${latencyMs} ms`.padEnd(9)} ${ratios.padEnd(24)} ${refused}`,
    );
  }
}

async function measure(scenario) {
  const server = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  const told = () => new Promise((resolve) => server.once('message', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'dd-storm-'));
  try {
    server.send(scenario);
    const { port } = await told();
    await writeFile(
      join(folder, 'seed.jsonl'),
      Array.from({ length: rows }, (_, row) => `{"n":${row}}\n`).join(''),
    );
    await writeFile(join(folder, 'storm.yaml'), recipe(port));
    const code = await run(folder);
    server.send('report');
    const { ms, answered, refused } = await told();
    if (code !== 0 || answered !== rows)
      throw new Error(`exit code ${code}, ${answered} of ${rows} rows answered`);
    return { ratio: ms / 1000 / (rows / rate), refused };
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function run(cwd) {
  const child = spawn(process.execPath, [values.program, 'run', 'storm.yaml', '--quiet'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.on('close', resolve));
}

const recipe = (port) => `
name: storm
providers: [{ name: ours, endpoint: "http://127.0.0.1:${port}/v1" }]
model_configs:
  - { alias: writer, provider: ours, model: storm, inference_parameters: { max_parallel_requests: 64 } }
seed_config: { source: { seed_type: local, path: seed.jsonl } }
columns:
  - { name: text, column_type: llm-text, model_alias: writer, prompt: "Say {{ n }}" }
`;

function serve() {
  process.once('message', ({ counter, retryAfter, latencyMs }) => {
    const allow = counters[counter]();
    let first;
    let last = 0;
    let answered = 0;
    let refused = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const now = performance.now();
        first ??= now;
        const wait = allow(now);
        if (wait > 0) {
          refused += 1;
          const headers = {
            none: {},
            exact: { 'retry-after-ms': String(Math.ceil(wait)) },
            'whole seconds': { 'retry-after': String(Math.ceil(wait / 1000)) },
          };
          return response.writeHead(429, headers[retryAfter]).end('{"error":{"message":"too many"}}');
        }
        setTimeout(() => {
          answered += 1;
          last = performance.now();
          response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
        }, latencyMs);
      });
    });
    server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
    process.on('message', () => process.send({ ms: last - first, answered, refused }));
  });
}

const answer = JSON.stringify({
  id: 'storm',
  object: 'chat.completion',
  created: 0,
  model: 'storm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'done' } }],
  usage: { prompt_tokens: 10, completion_tokens: 1 },
});

if (process.send) serve();
else await main();
