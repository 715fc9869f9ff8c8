import { AsyncLocalStorage } from 'node:async_hooks';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';

const isLong = process.env['DD_LONG_TESTS'] === '1';

/**
 * Processes that want one lock at once, each step of each of them in an order that fast-check makes up: a step
 * is what a process does to a file. They live in this process, so that every order can be had, and be had again.
 */
interface Contender {
  readonly pid: number;
  /** Killed before this step of its own; never when it is beyond the last. */
  readonly diesAt: number;
  readonly die: () => void;
  steps: number;
}

const contenders = new AsyncLocalStorage<Contender>();
const dead = new Set<number>();
let schedule: (() => Promise<unknown>) | undefined;
let signed = 0;

/** Waits for its turn; a process that is killed waits forever. */
async function step(): Promise<void> {
  const contender = contenders.getStore();
  if (!contender || !schedule) return;
  await schedule();
  contender.steps += 1;
  if (contender.steps < contender.diesAt) return;
  dead.add(contender.pid);
  contender.die();
  await new Promise(() => undefined);
}

const stepwise = (
  name: 'mkdirSync' | 'readFileSync' | 'renameSync' | 'rmSync' | 'rmdirSync' | 'readdirSync',
) =>
  jest.fn(async (...args: readonly unknown[]) => {
    await step();
    return (fs[name] as (...all: readonly unknown[]) => unknown)(...args);
  });

jest.unstable_mockModule('node:fs/promises', () => ({
  mkdir: stepwise('mkdirSync'),
  readFile: stepwise('readFileSync'),
  rename: stepwise('renameSync'),
  rm: stepwise('rmSync'),
  rmdir: stepwise('rmdirSync'),
  readdir: stepwise('readdirSync'),
  async writeFile(file: string, text: string) {
    await step();
    fs.writeFileSync(file, text);
  },
}));
jest.unstable_mockModule('../../src/dataset/lock-owner.js', () => ({
  newLockText: () => JSON.stringify({ pid: contenders.getStore()?.pid, host: 'here', id: (signed += 1) }),
  parseLockText: (text: string) => (text === '' ? undefined : (JSON.parse(text) as { pid: number })),
  isRunning: ({ pid }: { pid: number }) => !dead.has(pid),
  isElsewhere: () => false,
}));
const { takeLock } = await import('../../src/dataset/lock.js');

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'dd-lock-races-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const GONE = 1000;
let round = 0;

/** A lock that a process left which is gone, torn or whole; or none. */
function leave(text: string | undefined): string {
  dead.clear();
  dead.add(GONE);
  const place = join(folder, String((round += 1)), 'locks', 'name');
  if (text === undefined) return place;
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(join(place, 'holder.json'), text);
  return place;
}

const left = fc.constantFrom(undefined, '', JSON.stringify({ pid: GONE, host: 'here', id: 'left' }));

interface Outcome {
  /** The most that had the lock at the same time. */
  readonly most: number;
  readonly wins: number;
}

/** Lets them all try at once until each has the lock, was refused or was killed. */
async function contend(
  scheduler: Scheduler,
  place: string,
  deaths: readonly number[],
  { andLetGo }: { readonly andLetGo: boolean },
): Promise<Outcome> {
  schedule = () => scheduler.schedule(Promise.resolve());
  const having = new Set<number>();
  let most = 0;
  let wins = 0;
  const attempt = async (pid: number): Promise<void> => {
    const lock = await takeLock(place);
    if (!lock.ok) return;
    wins += 1;
    having.add(pid);
    most = Math.max(most, having.size);
    if (!andLetGo) return;
    await step();
    having.delete(pid);
    await lock.value();
  };
  const live = (diesAt: number, pid: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const die = (): void => {
        having.delete(pid);
        resolve();
      };
      contenders.run({ pid, diesAt, die, steps: 0 }, () => attempt(pid)).then(resolve, reject);
    });
  await scheduler.waitFor(Promise.all(deaths.map(live)));
  schedule = undefined;
  return { most, wins };
}

const TIME = isLong ? 600_000 : 60_000;
const NEVER = Number.MAX_SAFE_INTEGER;
const nobodyDies = fc.integer({ min: 2, max: 4 }).map((count) => Array.from({ length: count }, () => NEVER));
const someDie = fc.array(fc.oneof(fc.integer({ min: 1, max: 25 }), fc.constant(NEVER)), {
  minLength: 2,
  maxLength: 4,
});

describe('a lock that several processes want at once, in any order of their steps', () => {
  it(
    'is had by exactly one, whether it was free, torn, or of a process that is gone',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), left, nobodyDies, async (scheduler, text, deaths) => {
          const outcome = await contend(scheduler, leave(text), deaths, { andLetGo: false });
          expect(outcome).toEqual({ most: 1, wins: 1 });
        }),
        { numRuns: isLong ? 2000 : 20 },
      );
    },
    TIME,
  );

  it(
    'is never had by two, though some let go of it and some are killed; and the next one gets it',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), left, someDie, async (scheduler, text, deaths) => {
          const place = leave(text);
          const { most } = await contend(scheduler, place, deaths, { andLetGo: true });
          expect(most).toBeLessThanOrEqual(1);
          expect((await takeLock(place)).ok).toBe(true);
        }),
        { numRuns: isLong ? 5000 : 50 },
      );
    },
    TIME,
  );
});
