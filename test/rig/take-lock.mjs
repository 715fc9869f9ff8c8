/**
 * A process that wants a lock, for tests with several: each line it reads is the place of one. It tries to take
 * it and writes `won` or why not; it keeps what it won until the next line, or the end of its input.
 */
import { createInterface } from 'node:readline';
import { takeLock } from '../../dist/dataset/lock.js';

let letGo = async () => undefined;
for await (const place of createInterface({ input: process.stdin })) {
  await letGo();
  const lock = await takeLock(place);
  letGo = lock.ok ? lock.value : async () => undefined;
  process.stdout.write(`${lock.ok ? 'won' : lock.error}\n`);
}
await letGo();
