import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import * as locks from 'fs-native-extensions';
import { projectDir } from '../rig/program.js';

let isBuilt: boolean;
/** Resolves when a thread waits for a lock. */
let waits: Promise<void>;
let isWaiting: () => void;

jest.unstable_mockModule('fs-native-extensions', () => {
  if (!isBuilt) throw new Error('no build for this system');
  const waitForLock = (fd: number): Promise<void> => {
    isWaiting();
    return locks.waitForLock(fd);
  };
  return { ...locks, waitForLock };
});

const { openMutex } = await import('../../src/answer-store/process-mutex.js');

let folder: string;
let file: string;

beforeEach(async () => {
  jest.resetModules();
  isBuilt = true;
  waits = new Promise((resolve) => (isWaiting = resolve));
  folder = await mkdtemp(join(tmpdir(), 'mutex-'));
  file = join(folder, 'mutex.lock');
});
afterEach(() => rm(folder, { recursive: true }));

it('is free as soon as the process that has it is killed', async () => {
  const hold = `require('fs-native-extensions').tryLock(require('node:fs').openSync(process.argv[1], 'a'));
    console.log('held'); setInterval(() => {}, 1e6);`;
  const holder = spawn(process.execPath, ['-e', hold, file], {
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const mutex = await openMutex(file);
  let hasRun = false;
  const run = mutex.run(() => (hasRun = true));
  await waits;
  expect(hasRun).toBe(false);
  holder.kill('SIGKILL');
  await run;
  mutex.close();
});

it('lets one act after the other, also after one that failed', async () => {
  const mutex = await openMutex(file);
  const events: string[] = [];
  const act = (name: string) => async (): Promise<void> => {
    events.push(`${name} begins`);
    await Promise.resolve();
    events.push(`${name} ends`);
    if (name === 'first') throw new Error('no space');
  };
  const first = mutex.run(act('first'));
  const second = mutex.run(act('second'));
  await expect(first).rejects.toThrow('no space');
  await second;
  expect(events).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  mutex.close();
});

it('is taken when the process ends, before other listeners close what is open', async () => {
  const [mutex, other] = [await openMutex(file), await openMutex(file)];
  const [atExit] = process.listeners('exit');
  mutex.close();
  expect(process.listeners('exit')).toContain(atExit);
  atExit?.(0);
  const late = await openMutex(file);
  const run = late.run(() => 'has run');
  await waits;
  other.close();
  expect(await run).toBe('has run');
  late.close();
  expect(process.listeners('exit')).not.toContain(atExit);
});

it('excludes nothing in a folder that cannot be written', async () => {
  // The kernel's own files: root may not write them either.
  const mutex = await openMutex('/sys/mutex.lock');
  expect(await mutex.run(() => 'has run')).toBe('has run');
  mutex.close();
});

it('excludes nothing on a system for which there is no build', async () => {
  isBuilt = false;
  const mutex = await openMutex(file);
  expect(await mutex.run(() => 'has run')).toBe('has run');
  mutex.close();
});
