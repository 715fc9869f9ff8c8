/**
 * How close a run comes to the time that its calls take. See bench/README.md.
 *
 *     node bench/chain.mjs [--rows 640] [--columns 3] [--in-flight 64] [--latency 200] [--cpu-prof FOLDER]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startModelServer } from './model-server.mjs';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '640' },
    columns: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '64' },
    latency: { type: 'string', default: '200' },
    'cpu-prof': { type: 'string' },
  },
});
const [rows, columns, inFlight, latency] = ['rows', 'columns', 'in-flight', 'latency'].map((name) =>
  Number(values[name]),
);

const folder = mkdtempSync(join(tmpdir(), 'dd-chain-'));
const server = await startModelServer(latency, { isRemote: true });
try {
  writeSeed();
  writeFileSync(join(folder, 'chain.yaml'), recipe(server.url));
  console.log(`${rows} rows, ${columns} columns in a chain, ${inFlight} in flight, ${latency} ms\n`);
  console.log(row('', 'calls', 's', 's calling', 'of ideal', 'cells/s', 'CPU ms/cell'));
  await report('bare undici', bareUndici);
  await report('dd', runProgram);
  await report('dd, all stored', runProgram);
} finally {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What one contender took, by its own account and by the server's. */
async function report(name, run) {
  const before = await server.stats();
  const { seconds, cpuSeconds } = await run();
  const { calls, firstAt, lastAt } = await server.stats();
  const cells = rows * columns;
  const calling = (lastAt - firstAt) / 1000;
  const ideal = (Math.ceil(cells / inFlight) * latency) / 1000;
  const isCalling = calls > before.calls;
  console.log(
    row(
      name,
      calls - before.calls,
      seconds.toFixed(2),
      isCalling ? calling.toFixed(2) : '',
      isCalling && ideal > 0 ? `${((ideal / calling) * 100).toFixed(1)} %` : '',
      (cells / seconds).toFixed(0),
      ((cpuSeconds * 1000) / cells).toFixed(2),
    ),
  );
}

/** The same number of calls, without rows, columns or a store: what this machine can do at most. */
async function bareUndici() {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'Step.' }] });
  const start = performance.now();
  const cpu = process.cpuUsage();
  let left = rows * columns;
  const caller = async () => {
    while ((left -= 1) >= 0) {
      const answer = await request(`${server.url}/chat/completions`, {
        method: 'POST',
        headers,
        body,
        dispatcher,
      });
      await answer.body.json();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

/** The whole program, once; the second time it finds every answer in the store. */
async function runProgram() {
  const program = join(import.meta.dirname, '..', 'bin', 'run.js');
  const profile = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${values['cpu-prof']}`] : [];
  // The shell's own account of its child is the only one of another process's CPU time that Node can get at.
  const command = '"$@" > /dev/null; code=$?; times; exit $code';
  const args = [process.execPath, ...profile, program, 'run', 'chain.yaml', '--quiet'];
  const start = performance.now();
  const child = spawn('bash', ['-c', command, 'bash', ...args], {
    cwd: folder,
    // The server is on this machine, whatever its address.
    env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`dd ended with exit code ${code}`);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: secondsIn(output.split('\n')[1]) };
}

/** The second line of bash's `times`: user and system time of its children, as `0m1.234s 0m0.567s`. */
function secondsIn(line) {
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
}

function recipe(endpoint) {
  const names = Array.from({ length: columns }, (_, index) => `step_${index}`);
  const column = (name, index) => ({
    name,
    column_type: 'llm-text',
    model_alias: 'bench',
    prompt: `Step ${index} of {{ final_assistant_message }}. ${index === 0 ? '' : `Before: {{ ${names[index - 1]} }}`}`,
  });
  // JSON is YAML.
  return JSON.stringify({
    name: 'chain',
    providers: [{ name: 'bench', endpoint }],
    model_configs: [
      {
        alias: 'bench',
        provider: 'bench',
        model: 'bench',
        inference_parameters: { max_parallel_requests: inFlight },
      },
    ],
    seed_config: { source: { seed_type: 'agent_rollout', format: 'chat_completion_jsonl', path: 'seed' } },
    columns: names.map(column),
  });
}

/** One file of short chats, each about a number of its own. */
function writeSeed() {
  mkdirSync(join(folder, 'seed'));
  const lines = Array.from({ length: rows }, (_, number) => {
    const messages = [
      { role: 'user', content: 'Pick a number.' },
      { role: 'assistant', content: `number ${number}` },
    ];
    return JSON.stringify({ messages });
  });
  writeFileSync(join(folder, 'seed', 'chats.jsonl'), `${lines.join('\n')}\n`);
}

function row(name, ...cells) {
  return name.padEnd(16) + cells.map((cell) => String(cell).padStart(12)).join('');
}
