import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Step } from '../rig/batch-server.js';
import { useBatchStage } from '../rig/batch-stage.js';
import { projectDir } from '../rig/program.js';

const stage = useBatchStage();
const CELLS = 6;
const isLong = process.env['DD_LONG_TESTS'] === '1';

/** The dataset of an online run, and every request paid for once. */
async function expectFlawless(): Promise<void> {
  expect(await stage.data()).toBe(await stage.onlineData());
  expect(stage.paid()).toHaveLength(CELLS);
  expect(new Set(stage.paid()).size).toBe(CELLS);
}

describe('a run in batches that is killed', () => {
  it.each<Step>(['upload', 'create', 'status', 'content'])(
    'while the answer to %s is on its way ends like one that was not, and pays for nothing twice',
    async (step) => {
      await stage.killAt(step);
      expect((await stage.run()).code).toBe(0);
      await expectFlawless();
    },
  );

  it('after the batch was created finds it in the list, by its metadata', async () => {
    await stage.killAt('create');
    const ended = await stage.run();
    expect(ended.stderr).toContain('batch batch_1 was handed in by an earlier command');
    expect(stage.server.steps.filter((step) => step === 'list')).toHaveLength(1);
    expect(stage.server.batches).toHaveLength(2);
  });

  it.each([
    { late: 'two lists later', lists: 2, batches: 2, asked: 3, cancelled: 0 },
    // Before the second request, after it, and with the look at its batch: there the first one comes to light.
    { late: 'never', lists: 100, batches: 3, asked: 7 + 3, cancelled: 1 },
  ])(
    'looks again for a batch whose request the provider still processes, for a minute: $late',
    async ({ lists, batches, asked, cancelled }) => {
      await stage.killAt('create');
      stage.server.listsLate(lists);
      const ended = await stage.run();
      expect(ended).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('may still be taking a batch'),
      });
      expect(stage.server.steps.filter((step) => step === 'list')).toHaveLength(asked);
      expect(stage.server.batches).toHaveLength(batches);
      expect(stage.server.steps.filter((step) => step === 'cancel')).toHaveLength(cancelled);
      expect(await stage.data()).toBe(await stage.onlineData());
    },
  );

  it('before its file was uploaded does not look twice: no batch was asked for', async () => {
    await stage.killAt('upload');
    expect((await stage.run()).code).toBe(0);
    expect(stage.server.steps.filter((step) => step === 'list')).toHaveLength(1);
  });

  it(
    'at any of its file operations ends like one that was not, and pays for nothing twice',
    async () => {
      const env = (fault: string): Record<string, string> => ({
        NODE_OPTIONS: `--import=${pathToFileURL(join(projectDir, 'test/rig/fs-faults.mjs')).href}`,
        DD_TEST_FAULT: fault,
      });
      const whole = await stage.start(env('count')).ended;
      const operations = Number(/file operations: (\d+)/.exec(whole.stderr)?.[1]);
      expect(operations).toBeGreaterThan(50);
      const online = await stage.onlineData();
      const moments = Array.from({ length: isLong ? operations : 4 }, (_, at) =>
        isLong ? at + 1 : Math.floor(((at + 0.5) / 4) * operations),
      );
      for (const moment of moments) {
        await stage.forget();
        const killed = await stage.start(env(`kill:${moment}`)).ended;
        const again = await stage.run();
        expect({ moment, killed: killed.signal, again: again.code }).toEqual({
          moment,
          killed: killed.code === 0 ? null : 'SIGKILL',
          again: 0,
        });
        expect(await stage.data()).toBe(online);
        expect({ moment, paid: stage.paid().length }).toEqual({ moment, paid: CELLS });
      }
    },
    isLong ? 1_800_000 : 60_000,
  );
});
