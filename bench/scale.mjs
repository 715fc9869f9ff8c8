/**
 * What a run costs as it grows: three model columns over small rows, on a local server that answers at once.
 * See bench/README.md.
 *
 *     node bench/scale.mjs [--rows 1000,10000,100000] [--dd FOLDER]
 *     node bench/scale.mjs --starts 1000000 [--seconds 20]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SELF = fileURLToPath(import.meta.url);
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000,10000,100000' },
    starts: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    dd: { type: 'string', default: resolve(SELF, '../..') },
    server: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const COLUMNS = 3;

if (flags.server) serve();
else if (flags.starts) await withServer((port) => measureStarts(Number(flags.starts), port));
else await withServer((port) => measureAll(flags.rows.split(',').map(Number), port));

/** An answer for any question, different for each, so that no two rows look the same. */
function serve() {
  let asked = 0;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/asked') return response.end(String(asked));
      asked += 1;
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const number = /\d+/.exec(body.messages.at(-1).content)?.[0] ?? '0';
      const content = body.response_format
        ? JSON.stringify({ title: `Task ${number}`, score: Number(number) % 5, tags: ['a', 'b'] })
        : `What there is to say about task ${number}: ${'it is much like the others. '.repeat(6)}`;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          model: body.model,
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
          usage: { prompt_tokens: 60, completion_tokens: 40 },
        }),
      );
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

async function withServer(use) {
  const server = spawn(process.execPath, [SELF, '--server'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = await once(server, 'message');
  try {
    await use(port);
  } finally {
    server.kill();
  }
}

async function measureAll(sizes, port) {
  const table = [];
  for (const rows of sizes) table.push(...(await measure(rows, port)));
  console.table(table);
}

/** A long run is planned, begun, stopped after a while, and begun and stopped again, twice. */
async function measureStarts(rows, port) {
  const dir = mkdtempSync(join(tmpdir(), 'dd-scale-'));
  try {
    writeSeeds(dir, rows);
    writeFileSync(join(dir, 'recipe.yaml'), recipe(port));
    const table = [{ what: 'dd plan', seconds: round((await run(dir, { command: 'plan' })).seconds) }];
    for (const what of ['begun', 'begun again', 'and again']) {
      const { firstCall, seconds, stopped, peak, anonymous } = await run(dir, {
        stopAfter: Number(flags.seconds),
      });
      table.push({
        what,
        seconds: round(seconds),
        'first call, s': round(firstCall),
        'end after Ctrl-C, s': round(stopped),
        'peak MB': round(peak),
        'heap and buffers MB': round(anonymous),
        'rows stored': asRows(dir),
      });
    }
    console.table(table);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function asRows(dir) {
  const { rows } = JSON.parse(readFileSync(join(dir, 'artifacts/scale/metadata.json'), 'utf8'));
  return rows.done;
}

/** A first run, one stopped half-way and resumed, and one in which everything is stored. */
async function measure(rows, port) {
  const dir = mkdtempSync(join(tmpdir(), 'dd-scale-'));
  try {
    writeSeeds(dir, rows);
    writeFileSync(join(dir, 'recipe.yaml'), recipe(port));
    const half = await run(dir, { flags: ['--num-records', String(Math.ceil(rows / 2))] });
    const resumed = await run(dir);
    const stored = await run(dir);
    const output = sizeOf(join(dir, 'artifacts/scale/data'), (name) => name.endsWith('.jsonl'));
    const store = sizeOf(join(dir, '.dd/cells'));
    const line = (what, made, cells, result) => ({
      what,
      rows,
      'rows/s': Math.round(made / result.seconds),
      'cells/s': Math.round(cells / result.seconds),
      seconds: round(result.seconds),
      'first call, s': result.firstCall === undefined ? '' : round(result.firstCall),
      'peak MB': round(result.peak),
      'heap and buffers MB': round(result.anonymous),
      'store B/row': Math.round(store / rows),
      'output B/row': Math.round(output / rows),
    });
    return [
      line('first half', rows / 2, (rows / 2) * COLUMNS, half),
      line('the rest', rows / 2, (rows / 2) * COLUMNS, resumed),
      line('all stored', rows, rows * COLUMNS, stored),
    ];
  } finally {
    if (!flags.keep) rmSync(dir, { recursive: true, force: true });
    else console.log(dir);
  }
}

/** Chats of two messages, a thousand a file. */
function writeSeeds(dir, rows) {
  mkdirSync(join(dir, 'seeds'));
  for (let from = 0; from < rows; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, rows - from) }, (_, index) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: `Do task ${from + index}` },
          { role: 'assistant', content: 'Done.' },
        ],
      }),
    );
    writeFileSync(join(dir, 'seeds', `${String(from).padStart(9, '0')}.jsonl`), `${lines.join('\n')}\n`);
  }
}

function recipe(port) {
  return `name: scale
providers:
  - { name: local, endpoint: "http://127.0.0.1:${port}/v1" }
model_configs:
  - { alias: main, provider: local, model: instant, inference_parameters: { max_parallel_requests: 32 } }
seed_config:
  source: { seed_type: agent_rollout, format: chat_completion_jsonl, path: seeds }
columns:
  - name: summary
    column_type: llm-text
    model_alias: main
    prompt: "Sum up: {{ messages[0].content }}"
  - name: record
    column_type: llm-structured
    model_alias: main
    prompt: "Make a record of {{ summary }}"
    output_format:
      type: object
      properties: { title: { type: string }, score: { type: integer }, tags: { type: array, items: { type: string } } }
      required: [title, score, tags]
  - name: comment
    column_type: llm-text
    model_alias: main
    prompt: "Comment on {{ record.title }}"
`;
}

/** Runs `dd` and watches its memory from inside: the whole resident set, and what of it is no mapped file. */
async function run(dir, { command = 'run', flags: more = [], stopAfter } = {}) {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(`(${watchMemory})()`)}`, join(flags.dd, 'bin/run.js'),
      command, 'recipe.yaml', ...(command === 'run' ? ['--quiet'] : []), ...more],
    { cwd: dir, env: { PATH: process.env.PATH, HOME: dir }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  ); // prettier-ignore
  let peak = 0;
  let anonymous = 0;
  let firstCall;
  child.on('message', (memory) => {
    peak = Math.max(peak, memory.peak);
    anonymous = Math.max(anonymous, memory.anonymous);
    if (memory.sentFirst) firstCall ??= (performance.now() - started) / 1000;
  });
  let interrupted;
  const timer = stopAfter && setTimeout(() => {
    interrupted = performance.now();
    child.kill('SIGINT');
  }, stopAfter * 1000); // prettier-ignore
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  if (code !== (interrupted ? 130 : 0)) throw new Error(`dd ended with ${code}`);
  const ended = performance.now();
  const stopped = interrupted && (ended - interrupted) / 1000;
  return { seconds: (ended - started) / 1000, peak, anonymous, firstCall, stopped };
}

function watchMemory() {
  process.getBuiltinModule('node:diagnostics_channel').subscribe('undici:request:create', function told() {
    process.getBuiltinModule('node:diagnostics_channel').unsubscribe('undici:request:create', told);
    process.send({ peak: 0, anonymous: 0, sentFirst: true });
  });
  const fs = process.getBuiltinModule('node:fs');
  const look = () => {
    const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
    const kilobytes = (key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    process.send({
      peak: kilobytes('VmHWM') || process.resourceUsage().maxRSS / 1024,
      anonymous: kilobytes('RssAnon'),
    });
  };
  setInterval(look, 100).unref();
  process.channel.unref();
  process.on('exit', look);
}

function sizeOf(folder, wanted = () => true) {
  return readdirSync(folder)
    .filter(wanted)
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function round(number) {
  return Math.round(number * 10) / 10;
}
