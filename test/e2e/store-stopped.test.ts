import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openTables } from '../../src/answer-store/answer-store.js';
import type { JsonObject } from '../../src/core/json.js';
import { setStage, type Stage } from '../rig/kill.js';
import { scenarios } from '../rig/kill-scenarios.js';
import { startModelServer } from '../rig/model-server.js';
import { projectDir, type Ended } from '../rig/program.js';

/** Answers that are old enough to be pruned. */
const OLD = 3;

let stage: Stage;
let needed: number;
let before: number;
beforeAll(async () => {
  stage = await setStage(scenarios[0], await startModelServer());
  stage.server.handle(stage.scenario.answer);
  await dd('base', ['run', 'recipe.yaml', '--quiet']);
  needed = stage.server.calls.length;
  const { root, answers } = await openTables(stage.workspace.path('base', '.dd', 'cells'));
  for (const { key, value } of await answers.getRange({ limit: OLD }).asArray)
    await answers.put(key, JSON.stringify({ ...(JSON.parse(value) as JsonObject), at: 1_000_000_000 }));
  await root.close();
});
afterAll(async () => {
  await stage.server.close();
  await stage.workspace.remove();
});
beforeEach(startAnew);

async function startAnew(): Promise<void> {
  await rm(stage.workspace.path('made'), { recursive: true, force: true });
  await cp(stage.workspace.path('base'), stage.workspace.path('made'), { recursive: true });
  before = stage.server.calls.length;
}

const dd = (folder: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
  stage.workspace.run([...args, '--artifact-path', join(folder, 'artifacts')], {
    OPENAI_BASE_URL: stage.server.url,
    OPENAI_API_KEY: 'sk-test',
    ...env,
  });
/** Kills it at the n-th thing that it does to a file. */
const killedAt = (number: number): Record<string, string> => ({
  DD_TEST_FAULT: `kill:${number}`,
  NODE_OPTIONS: `--import=${pathToFileURL(join(projectDir, 'test/rig/fs-faults.mjs')).href}`,
});
const own = (...names: readonly string[]): string => stage.workspace.path('made', '.dd', ...names);
const run = (...flags: readonly string[]): Promise<Ended> => dd('made', ['run', 'recipe.yaml', ...flags]);
const store = (...flags: readonly string[]): Promise<Ended> => dd('made', ['store', ...flags]);
const asked = (): number => stage.server.calls.length - before;
const overwriteStart = (): void =>
  writeFileSync(own('cells', 'data.mdb'), Buffer.alloc(200, 'x'), { flag: 'r+' });

/** Kills a command at each thing that it does to a file in turn, each time from the same start. */
async function* killedEverywhere(prepare: () => void, ...flags: readonly string[]): AsyncGenerator<number> {
  for (let number = 1; ; number += 1) {
    await startAnew();
    prepare();
    const { signal } = await dd('made', ['store', ...flags], killedAt(number));
    if (signal !== 'SIGKILL') return;
    yield number;
  }
}

describe('dd store, killed at whatever it does to a file', () => {
  it('--prune: loses no answer that it was to keep, and can be done again', async () => {
    const prune = ['--prune', '--older-than', '30', '--yes'];
    let kills = 0;
    for await (const number of killedEverywhere(() => undefined, ...prune)) {
      kills = number;
      expect({ number, code: (await run('--quiet')).code }).toEqual({ number, code: 1 });
      expect([0, OLD]).toContain(asked());
      const again = await store(...prune);
      expect({ number, code: again.code, stderr: again.stderr }).toEqual({ number, code: 0, stderr: '' });
      expect((await readdir(own())).filter((name) => name.startsWith('cells'))).toEqual(['cells']);
    }
    // At least the four renames and removals of a swap were among them.
    expect(kills).toBeGreaterThan(4);
  }, 120_000);

  it('--repair: keeps the damaged store until the new one is in its place', async () => {
    let kills = 0;
    for await (const number of killedEverywhere(overwriteStart, '--repair')) {
      kills = number;
      const again = await store('--repair');
      expect({ number, code: again.code }).toEqual({ number, code: 0 });
      const { answers } = JSON.parse((await store('--json', '--verify')).stdout) as JsonObject;
      expect({ number, answers }).toEqual({ number, answers: needed });
    }
    expect(kills).toBeGreaterThan(4);
  }, 120_000);
});

describe('a store that had left its place when dd store was killed', () => {
  /** Between the two renames. */
  const leaveHalfDone = (aside: string): void => {
    renameSync(own('cells'), own('cells-next'));
    writeFileSync(own(aside), 'the old one');
  };

  it('is put in its place by the next run, which asks for nothing', async () => {
    leaveHalfDone('cells-before');
    const ended = await run();
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining('note: the last `dd store` was stopped just before its end'),
    ]);
    expect(asked()).toBe(0);
    expect([existsSync(own('cells-next')), existsSync(own('cells-before'))]).toEqual([false, false]);
  });

  it('is put in its place by dd store, which says so', async () => {
    leaveHalfDone('cells-damaged-20260101T0000');
    const looked = await store('--verify');
    expect([looked.code, looked.stdout]).toEqual([0, expect.stringContaining(`${needed} answers`)]);
    expect(looked.stderr).toContain('note: the last `dd store` was stopped just before its end');
    expect(existsSync(own('cells-damaged-20260101T0000'))).toBe(true);
    expect((await store()).stderr).toBe('');
  });

  it('is put in its place by a preview that is watched', async () => {
    leaveHalfDone('cells-before');
    const watching = stage.workspace.start(
      ['run', 'recipe.yaml', '--preview', '--watch', '--artifact-path', join('made', 'artifacts')],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
    );
    await watching.says('note: the last `dd store` was stopped just before its end');
    await watching.says('Watching');
    watching.kill('SIGINT');
    expect([(await watching.ended).code, asked()]).toEqual([0, 0]);
  });
});

describe('dd store beside a preview', () => {
  it.each([['--prune', '--older-than', '30', '--yes'], ['--repair']])(
    'that is watched: %s is refused until it has ended',
    async (...flags) => {
      const watching = stage.workspace.start(
        ['run', 'recipe.yaml', '--preview', '--watch', '--artifact-path', join('made', 'artifacts')],
        { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
      );
      await watching.says('Watching');
      overwriteStartOnlyFor(flags);
      const refused = await store(...flags);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is showing a preview')]);
      watching.kill('SIGKILL');
      await watching.ended;
      expect((await store(...flags)).code).toBe(0);
      expect(await readdir(own('locks'))).toEqual(['.claims']);
    },
  );

  it('that is not watched: is refused until it has ended', async () => {
    stage.server.handle();
    const preview = stage.workspace.start(
      ['run', 'recipe.yaml', '--preview', '--no-cache', '--artifact-path', join('made', 'artifacts')],
      { OPENAI_BASE_URL: stage.server.url, OPENAI_API_KEY: 'sk-test' },
    );
    await stage.server.next();
    const refused = await store('--prune', '--older-than', '30', '--yes');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('is showing a preview')]);
    stage.server.handle(stage.scenario.answer);
    preview.kill('SIGKILL');
    await preview.ended;
    expect((await store('--prune', '--older-than', '30', '--yes')).code).toBe(0);
  });

  /** Only a damaged store is repaired. The preview has read its answers, and writes no more. */
  function overwriteStartOnlyFor([flag]: readonly string[]): void {
    if (flag === '--repair') overwriteStart();
  }
});
