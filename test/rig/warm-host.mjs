/**
 * A process that runs the built program again and again: `bin/run.js` with other arguments, folder and environment
 * each time. It is started by `run-warm.mjs` and takes one run at a time. Signals reach it as they reach any program.
 *
 * A start of the program is almost all loading and cold code, some 0.6 s of a processor; here a run takes some 50 ms.
 * It is the same bundle from its entry on. What a process has for itself is put back before each run: arguments,
 * folder, environment, exit code, signal and error listeners, output. A run is over when nothing that it began keeps
 * the event loop alive, just as a process ends.
 *
 * A run can be given a faster clock (`speed`): the waits between retries and the clock they are measured by, which
 * the program has from `core/clock.ts`, go that much faster. What the network takes is measured in real time.
 */
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { main } from '../../dist/program/main.js';

const self = new URL('../../bin/run.js', import.meta.url);
const leaveHost = process.exit.bind(process);

/** What `process.exit` throws, so that nothing after it is run; private to this file. */
const EXIT = Symbol('process.exit');

process.on('message', (request) => void run(request));
process.on('disconnect', () => leaveHost(0));
process.on('unhandledRejection', ignoreExit);
process.on('uncaughtException', ignoreExit);
const listeners = takeListeners();
let resources;
const setSpeed = takeClock();

async function run({ args, cwd, env, speed, isLive }) {
  const output = { stdout: [], stderr: [] };
  let exitCode;
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (chunk, encoding, callback) => {
      // After `process.exit` a program says nothing any more.
      if (exitCode === undefined) {
        output[name].push(Buffer.from(chunk, bufferEncoding(encoding)));
        if (isLive) tell(output);
      }
      const done = typeof encoding === 'function' ? encoding : callback;
      if (done) process.nextTick(done);
      return true;
    };
  }
  resources ??= countResources();
  setSpeed(speed);
  process.chdir(cwd);
  process.argv = [process.execPath, fileURLToPath(self), ...args];
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const exited = new Promise((resolve) => {
    process.exit = (code = process.exitCode ?? 0) => {
      exitCode ??= Number(code);
      putListenersBack();
      resolve();
      throw EXIT;
    };
  });
  await Promise.race([exited, main(args, self.href).then(settled, ignoreExit)]);
  const hasExited = exitCode !== undefined;
  exitCode ??= Number(process.exitCode ?? 0);
  putListenersBack();
  const isReusable = !hasExited || (await isSettledSoon());
  tell(output);
  process.send({ code: exitCode, isReusable });
}

/** Sends what was printed since the last time. */
function tell(output) {
  for (const [stream, chunks] of Object.entries(output))
    if (chunks.length > 0)
      process.send({ stream, chunk: Buffer.concat(chunks.splice(0)).toString('latin1') });
}

const bufferEncoding = (encoding) => (typeof encoding === 'string' ? encoding : 'utf8');

function ignoreExit(error) {
  if (error === EXIT) return;
  writeSync(2, `${error instanceof Error ? error.stack : error}\n`);
  leaveHost(70);
}

/** Takes the place of Node's clock and its promised waits; returns how to make both faster. */
function takeClock() {
  const now = performance.now.bind(performance);
  const wait = timers.setTimeout;
  let speed = 1;
  let begun = now();
  let passed = begun;
  performance.now = () => passed + (now() - begun) * speed;
  timers.setTimeout = (milliseconds, ...more) => wait(milliseconds / speed, ...more);
  syncBuiltinESMExports();
  return (faster) => {
    passed = performance.now();
    begun = now();
    speed = faster;
  };
}

function takeListeners() {
  return new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]));
}

function putListenersBack() {
  for (const name of process.eventNames())
    for (const listener of process.rawListeners(name))
      if (!listeners.get(name)?.includes(listener)) process.off(name, listener);
  // The framework waits for it with each text it prints.
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('drain');
}

/** What keeps the event loop alive, by kind. */
function countResources() {
  const counts = new Map();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function isSettled() {
  for (const [kind, count] of countResources()) if (count > (resources.get(kind) ?? 0)) return false;
  return true;
}

async function settled() {
  while (!isSettled()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What a program leaves behind at `process.exit` ends with it. Here it would run into the next run. */
async function isSettledSoon() {
  for (let tries = 0; tries < 20 && !isSettled(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
  return isSettled();
}
