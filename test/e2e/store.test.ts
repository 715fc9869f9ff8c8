import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openTables } from '../../src/answer-store/answer-store.js';
import type { JsonObject } from '../../src/core/json.js';
import { live, setStage, type Lives, type Stage } from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer } from '../rig/model-server.js';
import type { Ended } from '../rig/program.js';

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
const dd = (...args: readonly string[]): Promise<Ended> =>
  stage.workspace.run([...args, '--artifact-path', join('made', 'artifacts')], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
  });
const run = (): Promise<Ended> => dd('run', 'recipe.yaml', '--quiet', '--dataset-name', 'made');
const asked = (): number => stage.server.calls.length - before;
const answerAll = (): void => stage.server.handle(stage.scenario.answer);
const json = async (...args: readonly string[]): Promise<JsonObject> =>
  JSON.parse((await dd('store', '--json', ...args)).stdout) as JsonObject;

describe('a disk that is full', () => {
  it('costs nothing that was answered, whichever write it comes at: the same command then ends the dataset', async () => {
    // About as many writes as a small run makes, and one that none comes to.
    const writes = isLong ? Array.from({ length: 24 }, (_, index) => index + 1) : [1, 4, 8, 11, 15];
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
  }, 120_000);

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

describe('a store that is sound', () => {
  it('is not repaired', async () => {
    const before = readFileSync(join(cells(), 'data.mdb'));
    const repaired = await dd('store', '--repair');
    expect([repaired.code, repaired.stdout]).toEqual([0, 'sound: there is nothing to repair\n']);
    expect(readFileSync(join(cells(), 'data.mdb')).equals(before)).toBe(true);
  });
});

describe('a store that is damaged', () => {
  const tear: readonly (readonly [string, (file: string) => void])[] = [
    ['cut', (file) => truncateSync(file, Math.floor(readFileSync(file).length / 8192) * 4096)],
    ['overwritten at its start', (file) => writeFileSync(file, Buffer.alloc(200, 'x'), { flag: 'r+' })],
  ];
  it.each(tear)('%s: is recognised before anything is asked, and left as it is', async (_name, damage) => {
    damage(join(cells(), 'data.mdb'));
    const before = readFileSync(join(cells(), 'data.mdb'));
    const ended = await run();
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('the store of answers cannot be used');
    expect(ended.stderr).toContain('dd store --repair');
    expect(asked()).toBe(0);
    expect(readFileSync(join(cells(), 'data.mdb')).equals(before)).toBe(true);
    expect((await dd('store')).code).toBe(2);
  });

  it.each(tear)(
    '%s: is made anew from what it still holds; the damaged one is kept',
    async (_name, damage) => {
      damage(join(cells(), 'data.mdb'));
      const before = readFileSync(join(cells(), 'data.mdb'));
      const { answers, copy } = await json('--repair');
      expect(Number(answers)).toBeGreaterThan(0);
      expect(readFileSync(join(String(copy), 'data.mdb')).equals(before)).toBe(true);
      answerAll();
      expect((await run()).code).toBe(1);
      expect(asked()).toBe(needed - Number(answers));
      expect(await json('--verify')).toMatchObject({ answers: needed, unreadable: 0 });
    },
  );

  it('in a single answer: that one is asked again, and dd store counts it', async () => {
    const { root, answers } = await openTables(cells());
    const [entry] = [...answers.getRange({ limit: 1 })];
    await answers.put(String(entry?.key), '{"text": "cut');
    await root.close();
    const looked = await dd('store', '--verify');
    expect([looked.code, looked.stdout]).toEqual([
      1,
      expect.stringContaining('1 answer that cannot be read'),
    ]);
    answerAll();
    await run();
    expect(asked()).toBe(1);
  });
});

describe('a store of another version', () => {
  it('that is older is used as it is', async () => {
    const { root, answers, about } = await openTables(cells());
    await about.remove('layout');
    for (const { key, value } of answers.getRange()) {
      const { at: _time, ...answer } = JSON.parse(value) as JsonObject;
      await answers.put(key, JSON.stringify(answer));
    }
    await root.close();
    expect((await run()).code).toBe(1);
    expect(asked()).toBe(0);
    expect(await json()).toMatchObject({ answers: needed, undated: needed });
  });

  it('that is newer is refused in words', async () => {
    const { root, about } = await openTables(cells());
    await about.put('layout', '99');
    await root.close();
    const ended = await run();
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringContaining('its layout is 99, written by a newer dd'),
    ]);
    expect(asked()).toBe(0);
  });
});

describe('dd store --prune', () => {
  it('shows what it would remove, removes it with --yes, and only that is asked again', async () => {
    const { root, answers } = await openTables(cells());
    const old = [...answers.getRange({ limit: 4 })];
    for (const { key, value } of old)
      await answers.put(key, JSON.stringify({ ...(JSON.parse(value) as JsonObject), at: 1_000_000_000 }));
    await root.close();

    const shown = await dd('store', '--prune', '--older-than', '30');
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('would remove 4 answers')]);
    expect(await json()).toMatchObject({ answers: needed, oldest: 1_000_000_000 });

    expect(await json('--prune', '--older-than', '30', '--yes')).toMatchObject({ removed: 4 });
    expect(await json()).toMatchObject({ answers: needed - 4 });
    expect(await readdir(stage.workspace.path('made', '.dd'))).not.toContain('cells-before');
    answerAll();
    await run();
    expect(asked()).toBe(4);
  });

  it('does nothing while a run uses the store', async () => {
    stage.server.handle();
    const program = stage.workspace.start(
      ['run', 'recipe.yaml', '--no-cache', '--artifact-path', 'made/artifacts', '--dataset-name', 'other'],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
    );
    await stage.server.next();
    const pruned = await dd('store', '--prune', '--older-than', '1', '--yes');
    expect([pruned.code, pruned.stderr]).toEqual([
      2,
      expect.stringContaining('the store is in use: process'),
    ]);
    program.kill('SIGKILL');
    await program.ended;
    expect((await dd('store', '--prune', '--older-than', '1', '--yes')).code).toBe(0);
  });
});

describe('a dataset that is damaged', () => {
  it.each(['data/part-00000.jsonl', 'data/part-00000.parquet', 'failures.jsonl', 'metadata.json'])(
    'in %s is made whole by the same command, from the store',
    async (file) => {
      truncateSync(stage.workspace.path('made', 'artifacts', 'made', file), 10);
      expect((await run()).code).toBe(1);
      const again = await live(stage, 'made', []);
      expect(again.files).toEqual(whole.files);
      expect(asked()).toBe(0);
    },
  );
});

describe('folders that cannot be written', () => {
  it.each(['artifacts', '.dd'])('%s: is said in words, before anything is asked', async (name) => {
    const folder = `blocked-by-${name}`;
    mkdirSync(stage.workspace.path(folder));
    writeFileSync(stage.workspace.path(folder, name), 'a file stands here');
    const ended = await stage.workspace.run(
      ['run', 'recipe.yaml', '--artifact-path', `${folder}/artifacts`],
      {
        OPENAI_BASE_URL: stage.server.url,
        OPENAI_API_KEY: 'sk-test',
      },
    );
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringMatching(/in the way|where a folder should be/),
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
