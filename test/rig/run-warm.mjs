/** The program in a process that is already running. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./warm-host.mjs', import.meta.url));

/** Kept for all test files of this worker. */
let host;

/** How the run ended, or `undefined` when one is running: two at once need a process each. */
export function runWarm(request) {
  host ??= startHost();
  const own = host;
  if (own.isBusy) return undefined;
  own.isBusy = true;
  return new Promise((resolve) => {
    const died = (code, signal) => {
      if (host === own) host = undefined;
      const stderr = `the host of the program died (${signal ?? `exit code ${code}`})`;
      resolve({ code, signal, stdout: '', stderr });
    };
    own.child.once('exit', died);
    own.child.once('message', ({ isReusable, ...ended }) => {
      own.child.off('exit', died);
      own.isBusy = false;
      own.runs += 1;
      if (!isReusable || own.runs === RUNS_OF_A_HOST) {
        own.child.disconnect();
        host = undefined;
      }
      resolve({ ...ended, signal: null });
    });
    own.child.send(request);
  });
}

/** Some memory of each run stays. */
const RUNS_OF_A_HOST = 200;

function startHost() {
  const child = fork(script, {
    execArgv: [],
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.unref();
  child.channel.unref();
  return { child, isBusy: false, runs: 0 };
}
