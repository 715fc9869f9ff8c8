/** The program in processes that are already running, one run at a time in each. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./warm-host.mjs', import.meta.url));

/** Some memory of each run stays. */
const RUNS_OF_A_HOST = 200;

/** As many as a test has at once: a coordinator and two workers. */
const MOST_IDLE = 3;

/**
 * Those that wait for a run; kept for all test files of this worker. Runs that a test follows while they go on are often
 * killed, so they have hosts of their own: code that ran often is fast, and the hosts of all other runs keep it.
 */
const idle = { followed: new Set(), others: new Set() };

/** How the run ends. Its output goes to `onOutput`, at once where `request.isLive`. */
export function runWarm(request, onOutput) {
  const waiting = request.isLive ? idle.followed : idle.others;
  const [host = startHost(waiting)] = waiting;
  waiting.delete(host);
  let isOver = false;
  const ended = new Promise((resolve) => {
    const end = (code, signal) => {
      isOver = true;
      host.child.off('message', heard).off('close', died);
      resolve({ code, signal });
    };
    const heard = ({ stream, chunk, ...message }) => {
      if (stream !== undefined) return onOutput(stream, Buffer.from(chunk, 'latin1'));
      host.runs += 1;
      if (message.isReusable && host.runs < RUNS_OF_A_HOST && waiting.size < MOST_IDLE) waiting.add(host);
      else host.child.disconnect();
      return end(message.code, null);
    };
    const died = (code, signal) => {
      if (signal === null)
        onOutput('stderr', Buffer.from(`the host of the program died (exit code ${code})`));
      end(code, signal);
    };
    host.child.on('message', heard).on('close', died);
    host.child.send(request);
  });
  return { ended, kill: (signal) => void (isOver || host.child.kill(signal)) };
}

function startHost(waiting) {
  const child = fork(script, {
    execArgv: [],
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.unref();
  child.channel.unref();
  const host = { child, runs: 0 };
  child.on('exit', () => waiting.delete(host));
  return host;
}
