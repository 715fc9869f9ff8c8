/**
 * Loaded into the real program with `--import`: says on stderr when a thread was started and, if `DD_TEST_THREADS`
 * is `kill`, ends it at once.
 */
import { writeSync } from 'node:fs';

process.on('worker', (thread) => {
  writeSync(2, 'a thread was started\n');
  if (process.env['DD_TEST_THREADS'] === 'kill') void thread.terminate();
});
