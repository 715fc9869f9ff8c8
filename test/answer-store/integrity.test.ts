import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, jest } from '@jest/globals';
import * as locks from 'fs-native-extensions';

let isWaiting: () => void;
const waits = new Promise<void>((resolve) => (isWaiting = resolve));

jest.unstable_mockModule('fs-native-extensions', () => ({
  ...locks,
  waitForLock: (fd: number) => {
    isWaiting();
    return locks.waitForLock(fd);
  },
}));

const { openAnswerStore } = await import('../../src/answer-store/answer-store.js');
const { findStoreDamage } = await import('../../src/answer-store/integrity.js');

it('finds no damage in a store that another process is about to write', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'integrity-'));
  const store = await openAnswerStore(folder);
  await store.close();
  const whole = await readFile(join(folder, 'data.mdb'));
  // What the other process has written when the check begins, and at the end.
  await writeFile(join(folder, 'data.mdb'), whole.subarray(0, 100));
  const fd = openSync(join(folder, 'mutex.lock'), 'a');
  locks.tryLock(fd);
  const damage = findStoreDamage(folder);
  await waits;
  await writeFile(join(folder, 'data.mdb'), whole);
  closeSync(fd);
  expect(await damage).toBeUndefined();
  await rm(folder, { recursive: true });
});
