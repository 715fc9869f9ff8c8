import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { open } from 'lmdb';
import { openAnswerStore } from '../../src/answer-store/answer-store.js';
import { openTables } from '../../src/answer-store/tables.js';
import type { JsonObject } from '../../src/core/json.js';
import { live, setStage, type Lives, type Stage } from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer } from '../rig/model-server.js';
import type { Ended, Environment, Running } from '../rig/program.js';

const isLong = process.env['DD_LONG_TESTS'] === '1';
/** `max_parallel_requests` of the scenarios: what may be in flight when a disk is full. */
const PARALLEL = 3;

let stage: Stage;
let whole: Lives;
let needed: number;
let before: number;
beforeAll(async () => {
  stage = await setStage(scenarios[0], await startModelServer());
  whole = await live(stage, 'base', []);
  needed = stage.server.calls.length;
});
afterAll(async () => {
  await stage.server.close();
  await stage.workspace.remove();
});
// Each test has a finished dataset, with its store, to damage.
beforeEach(async () => {
  await rm(stage.workspace.path('made'), { recursive: true, force: true });
  await cp(stage.workspace.path('base'), stage.workspace.path('made'), { recursive: true });
  before = stage.server.calls.length;
});

const cells = (): string => stage.workspace.path('made', '.dd', 'cells');
const dataFile = (): string => join(cells(), 'data.mdb');
const env = (): Environment => ({ OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' });
const inMade = (args: readonly string[]): readonly string[] => [
  ...args,
  '--artifact-path',
  join('made', 'artifacts'),
];
const start = (...args: readonly string[]): Running => stage.workspace.start(inMade(args), env());
const dd = (...args: readonly string[]): Promise<Ended> => stage.workspace.run(inMade(args), env());
const run = (...flags: readonly string[]): Promise<Ended> =>
  dd('run', 'recipe.yaml', '--dataset-name', 'made', ...flags);
const asked = (): number => stage.server.calls.length - before;
const answerAll = (): void => stage.server.handle(stage.scenario.answer);
const json = async (...args: readonly string[]): Promise<JsonObject> =>
  JSON.parse((await dd('store', '--json', ...args)).stdout) as JsonObject;
/** The number of answers in the store. */
const stored = async (): Promise<number> => {
  const store = await openAnswerStore(cells());
  const size = store.size();
  await store.close();
  return size;
};
const PRUNE = ['--prune', '--older-than', '30'];

describe('a disk that is full', () => {
  it('costs nothing that was answered, whichever write it comes at: the same command then ends the dataset', async () => {
    // About as many writes as a small run makes.
    const writes = isLong ? Array.from({ length: 24 }, (_, index) => index + 1) : [1, 6, 11];
    for (const number of writes) {
      const { lives, files } = await live(stage, `full-${number}`, [{ kind: 'full', number }]);
      const [first] = lives;
      const isHit = lives.length === 2;
      expect({ number, files, code: first?.code }).toEqual({
        number,
        files: whole.files,
        code: isHit ? 2 : 1,
      });
      if (isHit) expect(first?.stderr).toContain('the disk is full');
      const total = lives.reduce((sum, life) => sum + life.asked, 0);
      expect(total).toBeLessThanOrEqual(needed + (isHit ? PARALLEL : 0));
      expect(lives.reduce((sum, life) => sum + life.stored, 0)).toBe(needed);
    }
  });

  const canMount = mounts();
  (canMount ? it : it.skip)(
    `costs nothing that is stored when the store itself fills it${canMount ? '' : ' (skipped: needs mount)'}`,
    async () => {
      const small = stage.workspace.path('small');
      mkdirSync(small);
      const mount = (...options: readonly string[]): unknown =>
        system('mount', '-t', 'tmpfs', '-o', options.join(','), 'tmpfs', small);
      mount('size=96k');
      try {
        const { lives, files } = await live(
          stage,
          'small',
          remounting(() => mount('remount', 'size=16m')),
        );
        expect(files).toEqual(whole.files);
        expect([lives[0]?.code, lives[0]?.stderr]).toEqual([
          2,
          expect.stringMatching(/no space left|disk is full/),
        ]);
        expect(lives[1]?.asked).toBe(needed - (lives[0]?.stored ?? 0));
      } finally {
        system('umount', small);
      }
    },
  );

  /** A run as it is, then a larger disk. */
  function* remounting(enlarge: () => unknown) {
    yield { kind: 'event', number: Number.MAX_SAFE_INTEGER } as const;
    enlarge();
  }
});

describe('a store that is damaged', () => {
  it('is named before anything is asked, and left as it is', async () => {
    truncateSync(dataFile(), Math.floor(readFileSync(dataFile()).length / 8192) * 4096);
    const damaged = readFileSync(dataFile());
    const ended = await run();
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('the answer store cannot be used');
    expect(ended.stderr).toContain('data.mdb was cut');
    expect(ended.stderr).toContain('dd store --repair');
    expect(asked()).toBe(0);
    expect(readFileSync(dataFile()).equals(damaged)).toBe(true);
    expect((await dd('store')).code).toBe(2);
  });

  it('is repaired from what can be read; the damaged one is kept, and the rest is asked again', async () => {
    await damageOnePage();
    const damaged = readFileSync(dataFile());
    const { answers, copy } = await json('--repair');
    expect(Number(answers)).toBeGreaterThan(0);
    expect(Number(answers)).toBeLessThan(needed);
    expect(readFileSync(join(String(copy), 'data.mdb')).equals(damaged)).toBe(true);
    answerAll();
    expect((await run()).code).toBe(1);
    expect(asked()).toBe(needed - Number(answers));
    expect(await stored()).toBe(needed);
  });

  it('in a single answer, by an older version: that one is counted, and asked again', async () => {
    await removeLayout();
    const { close, answers } = await openTables(cells());
    const entries = [...answers.getRange()];
    for (const { key, value } of entries) {
      const { at: _time, ...answer } = JSON.parse(value) as JsonObject;
      await answers.put(key, JSON.stringify(answer));
    }
    await answers.put(String(entries[0]?.key), '{"text": "cut');
    await close();
    const looked = await dd('store', '--verify');
    expect([looked.code, looked.stdout]).toEqual([
      1,
      expect.stringContaining('1 answer that cannot be read'),
    ]);
    expect(looked.stdout).toContain(`${needed - 1} answers of an earlier version`);
    answerAll();
    expect((await run()).code).toBe(1);
    expect(asked()).toBe(1);
  });

  it('is not repaired when it is sound', async () => {
    const sound = readFileSync(dataFile());
    const repaired = await dd('store', '--repair');
    expect([repaired.code, repaired.stdout]).toEqual([0, 'sound: there is nothing to repair\n']);
    expect(readFileSync(dataFile()).equals(sound)).toBe(true);
  });

  /** The first versions wrote none. */
  async function removeLayout(): Promise<void> {
    const root = open({ path: cells(), maxDbs: 4 });
    await root.openDB({ name: 'about', encoding: 'string' }).remove('layout');
    await root.flushed;
    await root.close();
  }

  /** Overwrites every page that holds the last answer: the one in use and older copies. */
  async function damageOnePage(): Promise<void> {
    const { close, answers } = await openTables(cells());
    const [{ key: last } = { key: '' }] = answers.getRange({ reverse: true, limit: 1 });
    await close();
    const content = readFileSync(dataFile());
    for (let at = content.indexOf(last); at !== -1; at = content.indexOf(last, at + 1)) {
      const page = Math.floor(at / PAGE) * PAGE;
      content.fill(0, page, page + PAGE);
    }
    writeFileSync(dataFile(), content);
  }

  const PAGE = 4096;
});

describe('dd store --prune', () => {
  it('shows what it would remove, removes it with --yes, and only that is asked again', async () => {
    const { close, answers } = await openTables(cells());
    for (const { key, value } of await answers.getRange({ limit: 4 }).asArray)
      await answers.put(key, JSON.stringify({ ...(JSON.parse(value) as JsonObject), at: 1_000_000_000 }));
    await close();
    const shown = await dd('store', ...PRUNE);
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('would remove 4 answers')]);
    expect(await stored()).toBe(needed);

    expect(await json(...PRUNE, '--yes')).toMatchObject({ removed: 4 });
    expect(await stored()).toBe(needed - 4);
    answerAll();
    await run();
    expect(asked()).toBe(4);
  });

  it.each([
    ['a run', ['--dataset-name', 'other'], 'is making a dataset'],
    ['a preview', ['--preview'], 'is showing a preview'],
  ])('does nothing while %s uses the store', async (_name, flags, message) => {
    const isAsked = new Promise<void>((resolve) =>
      stage.server.handle((call) => {
        call.hang();
        resolve();
      }),
    );
    const program = start('run', 'recipe.yaml', '--no-cache', ...flags);
    await isAsked;
    const pruned = await dd('store', ...PRUNE, '--yes');
    expect([pruned.code, pruned.stderr]).toEqual([
      2,
      expect.stringContaining('the store is in use: process'),
    ]);
    expect(pruned.stderr).toContain(message);
    program.kill('SIGKILL');
    await program.ended;
    expect((await dd('store', ...PRUNE, '--yes')).code).toBe(0);
    const locks = await readdir(stage.workspace.path('made', '.dd', 'locks'));
    expect(locks.filter((name) => name.startsWith('.preview-'))).toEqual([]);
  });
});

/** `test/answer-store/maintenance.test.ts` kills it at each of its steps. */
describe('dd store, killed between the two renames of its swap', () => {
  beforeEach(() => {
    renameSync(cells(), `${cells()}-next`);
    writeFileSync(`${cells()}-before`, 'the old one');
  });
  const NOTE = 'note: the last `dd store` was stopped just before its end';

  it('is finished by the next run, which asks for nothing', async () => {
    const ended = await run();
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(NOTE)]);
    expect(asked()).toBe(0);
    expect([existsSync(`${cells()}-next`), existsSync(`${cells()}-before`)]).toEqual([false, false]);
  });

  it('is finished by dd store, which says so', async () => {
    const looked = await dd('store', '--verify');
    expect([looked.code, looked.stdout]).toEqual([0, expect.stringContaining(`${needed} answers`)]);
    expect(looked.stderr).toContain(NOTE);
  });

  it('is finished by a watched preview; between its rounds, dd store --prune runs', async () => {
    const watching = start('run', 'recipe.yaml', '--preview', '--watch');
    await watching.says(NOTE);
    await watching.says('Watching');
    expect((await dd('store', ...PRUNE, '--yes')).code).toBe(0);
    watching.kill('SIGKILL');
    await watching.ended;
    expect(await readdir(stage.workspace.path('made', '.dd', 'locks'))).toEqual(['.claims']);
    expect(asked()).toBe(0);
  });
});

describe('a dataset that is damaged', () => {
  it.each(['data/part-00000.jsonl', 'data/part-00000.parquet', 'failures.jsonl', 'metadata.json'])(
    'in %s is made whole by the same command, from the store',
    async (file) => {
      truncateSync(stage.workspace.path('made', 'artifacts', 'made', file), 10);
      const again = await live(stage, 'made', []);
      expect(again.lives[0]?.code).toBe(1);
      expect(again.files).toEqual(whole.files);
      expect(asked()).toBe(0);
    },
  );
});

describe('folders that cannot be written', () => {
  it.each(['artifacts', '.dd'])('%s: is said in words, before anything is asked', async (name) => {
    const folder = `blocked-by-${name}`;
    mkdirSync(stage.workspace.path(folder));
    writeFileSync(stage.workspace.path(folder, name), 'a file is here');
    const ended = await stage.workspace.run(
      ['run', 'recipe.yaml', '--artifact-path', `${folder}/artifacts`],
      env(),
    );
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/in the way|expected a folder, found a file/),
    ]);
    expect(asked()).toBe(0);
  });
});

/** Whether this machine lets the test mount a small disk of its own. */
function mounts(): boolean {
  try {
    system('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Runs a program of the system; throws when it cannot. */
function system(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'ignore' });
}
