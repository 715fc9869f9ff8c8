import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findStoreOwner, takeLock, takePreviewLock, takeStoreLock } from '../../src/dataset/lock.js';
import { projectDir } from '../rig/program.js';

let folder: string;
let locks: string;
let place: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-lock-'));
  locks = join(folder, 'locks');
  place = join(locks, 'name');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A lock with this text, as somebody left it. */
function leave(text: string, at = place): void {
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'holder.json'), text);
}

const held = (pid: number, host: string, more: object = {}): string => JSON.stringify({ pid, host, ...more });

/** A process of this machine that has ended. */
const gone = (): number => spawnSync(process.execPath, ['-e', '']).pid;

const own = { pid: process.pid, host: hostname() };

describe('the lock of a dataset', () => {
  it('is held by one at a time', async () => {
    const first = await takeLock(place);
    expect(await takeLock(place)).toEqual({
      ok: false,
      error: `process ${own.pid} on ${own.host} is making it`,
    });
    if (first.ok) await first.value();
    expect((await takeLock(place)).ok).toBe(true);
  });

  it('leaves nothing but itself behind, and nothing once it is let go of', async () => {
    const lock = await takeLock(place);
    const there = async (): Promise<readonly string[]> => (await readdir(locks, { recursive: true })).sort();
    expect(await there()).toEqual(['.claims', 'name', join('name', 'holder.json')]);
    if (lock.ok) await lock.value();
    expect(await there()).toEqual(['.claims']);
  });

  it('is taken over from a process that is gone', async () => {
    leave(held(gone(), hostname()));
    expect((await takeLock(place)).ok).toBe(true);
    expect(await readdir(join(locks, '.claims'))).toEqual([]);
  });

  it('is taken over when the process that was about to take it over is gone too', async () => {
    const text = held(gone(), hostname());
    leave(text);
    const { createHash } = await import('node:crypto');
    const claim = createHash('sha256').update(text).digest('hex');
    leave(held(gone(), hostname()), join(locks, '.claims', claim));
    expect((await takeLock(place)).ok).toBe(true);
    expect(await readdir(join(locks, '.claims'))).toEqual([]);
  });

  it('is not taken from another machine: from here nobody can tell. What to delete is said', async () => {
    leave(held(1, 'another-machine'));
    expect(await takeLock(place)).toEqual({
      ok: false,
      error: `process 1 on another-machine is making it; if it is gone, delete ${place}`,
    });
  });

  it.each([
    ['empty', ''],
    ['torn', '{"pid": 1'],
    ['not of a process', '{}'],
    ['null', 'null'],
  ])('is taken over when it is %s', async (_name, text) => {
    leave(text);
    expect((await takeLock(place)).ok).toBe(true);
    expect((await takeLock(place)).ok).toBe(false);
  });

  it('is taken when its folder has nothing in it', async () => {
    mkdirSync(place, { recursive: true });
    expect((await takeLock(place)).ok).toBe(true);
  });

  it('that a person has deleted is not taken from the one who has it now', async () => {
    const first = await takeLock(place);
    await rm(place, { recursive: true });
    await takeLock(place);
    const second = await readFile(join(place, 'holder.json'), 'utf8');
    if (first.ok) await first.value();
    expect(await readFile(join(place, 'holder.json'), 'utf8')).toBe(second);
  });

  const knowsStart = process.platform === 'linux';
  (knowsStart ? it : it.skip)(
    `is taken over when another process has got the number of the one that is gone${knowsStart ? '' : ' (skipped: only Linux tells)'}`,
    async () => {
      leave(held(own.pid, own.host, { started: '1' }));
      expect((await takeLock(place)).ok).toBe(true);
      expect(await takeLock(place)).toMatchObject({ ok: false });
    },
  );
});

describe('the lock of the store', () => {
  it('is refused while a dataset is made, and had when it is done', async () => {
    const run = await takeLock(place);
    expect(await takeStoreLock(locks)).toEqual({
      ok: false,
      error: `process ${own.pid} on ${own.host} is making a dataset`,
    });
    if (run.ok) await run.value();
    expect((await takeStoreLock(locks)).ok).toBe(true);
  });

  it('is refused while one of several previews is shown', async () => {
    const [first, second] = [await takePreviewLock(locks), await takePreviewLock(locks)];
    await first();
    expect(await takeStoreLock(locks)).toEqual({
      ok: false,
      error: `process ${own.pid} on ${own.host} is showing a preview`,
    });
    await second();
    expect((await takeStoreLock(locks)).ok).toBe(true);
  });

  it('is had when previews were killed, and what they left is removed', async () => {
    leave(held(gone(), hostname()), join(locks, '.preview-1'));
    expect((await takeStoreLock(locks)).ok).toBe(true);
    expect(await readdir(locks)).not.toContain('.preview-1');
  });

  it('is seen by those who want to use the store', async () => {
    expect(await findStoreOwner(locks)).toBeUndefined();
    const lock = await takeStoreLock(locks);
    expect(await findStoreOwner(locks)).toBe(`process ${own.pid} on ${own.host} is rebuilding it`);
    if (lock.ok) await lock.value();
    expect(await findStoreOwner(locks)).toBeUndefined();
  });
});

describe('a lock that many processes want at once', () => {
  const PROCESSES = 8;
  const ROUNDS = process.env['DD_LONG_TESTS'] === '1' ? 1000 : 20;

  let takers: readonly Taker[];
  beforeAll(() => {
    takers = Array.from({ length: PROCESSES }, startTaker);
  });
  afterAll(() => Promise.all(takers.map((taker) => taker.end())));

  it.each([
    ['of a process that is gone', () => held(gonePid, hostname(), { id: (round += 1) })],
    ['that is empty', () => ''],
    ['that is free', () => undefined],
  ])(`%s: one of them gets it, each of ${ROUNDS} times`, async (_name, text) => {
    const wins: number[] = [];
    for (let number = 0; number < ROUNDS; number += 1) {
      const at = join(locks, String(number));
      const left = text();
      if (left !== undefined) leave(left, at);
      const said = await Promise.all(takers.map((taker) => taker.take(at)));
      wins.push(said.filter((word) => word === 'won').length);
    }
    expect(wins).toEqual(Array.from({ length: ROUNDS }, () => 1));
  });

  let round = 0;
  const gonePid = gone();
});

/** A process that takes locks when it is told to. */
interface Taker {
  take(place: string): Promise<string>;
  end(): Promise<void>;
}

function startTaker(): Taker {
  const child: ChildProcess = spawn(process.execPath, [join(projectDir, 'test/rig/take-lock.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the process has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return {
    async take(at) {
      stdin.write(`${at}\n`);
      return String((await lines.next()).value);
    },
    async end() {
      stdin.end();
      await closed;
    },
  };
}
