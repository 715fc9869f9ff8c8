/**
 * Loaded into the real program with `--import`: says on stderr when a thread was started and when it has answered.
 * If `DD_TEST_THREADS` is `kill`, it ends each at once, and no request gets to them: a quick one would answer first. The
 * program's clock stands still: a thread is started only for files that are asked for without a pause, and on a slow
 * machine there would be one.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const isKilled = process.env['DD_TEST_THREADS'] === 'kill';
if (isKilled) Worker.prototype.postMessage = () => undefined;

performance.now = () => 0;

process.on('worker', (thread) => {
  writeSync(2, 'a thread was started\n');
  thread.once('message', () => writeSync(2, 'a thread has answered\n'));
  if (isKilled) void thread.terminate();
});
