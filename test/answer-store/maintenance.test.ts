import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ReadEntries } from '../../src/answer-store/read-entries.js';

/** The step at which the process is killed: the n-th thing that it does to a file. Nothing is done after it. */
let killAt = Number.MAX_SAFE_INTEGER;
let steps = 0;
class Killed extends Error {}

const counted =
  <Args extends readonly unknown[], R>(act: (...args: Args) => Promise<R>) =>
  async (...args: Args): Promise<R> => {
    steps += 1;
    if (steps >= killAt) throw new Killed();
    return act(...args);
  };

jest.unstable_mockModule('node:fs/promises', () => ({
  ...promises,
  mkdir: counted(promises.mkdir as (path: string) => Promise<string | undefined>),
  rename: counted(promises.rename),
  rm: counted(promises.rm),
  open: counted(promises.open),
}));
const { openAnswerStore } = await import('../../src/answer-store/answer-store.js');
const { openTables } = await import('../../src/answer-store/tables.js');
const { findStoreDamage } = await import('../../src/answer-store/integrity.js');
const { examineStore, pruneStore, repairStore } = await import('../../src/answer-store/maintenance.js');
const { finishSwap } = await import('../../src/answer-store/swap.js');

const ANSWERS = 300;
const OLD = 3;
const LONG_AGO = 1_000_000_000;
const OLDER_THAN = LONG_AGO + 1;

let dir: string;
let cells: string;
beforeEach(async () => {
  killAt = Number.MAX_SAFE_INTEGER;
  dir = await promises.mkdtemp(join(tmpdir(), 'dd-store-'));
  cells = join(dir, 'cells');
  await fillStore();
});
afterEach(() => promises.rm(dir, { recursive: true, force: true }));

async function fillStore(): Promise<void> {
  await promises.mkdir(cells);
  const { close, answers, facts, about } = await openTables(cells);
  await about.put('layout', '1');
  await facts.put('technique', 'json_schema');
  const at = (number: number): number => (number < OLD ? LONG_AGO : LONG_AGO + 1000 + number);
  await Promise.all(
    Array.from({ length: ANSWERS }, (_, number) =>
      answers.put(
        `key ${String(number).padStart(4, '0')}`,
        JSON.stringify({ text: 'x'.repeat(200), usage: {}, at: at(number) }),
      ),
    ),
  );
  await close();
}

const dataFile = (folder = cells): Buffer => fs.readFileSync(join(folder, 'data.mdb'));
const overwrite = (bytes: number, position: number): void => {
  const file = fs.openSync(join(cells, 'data.mdb'), 'r+');
  fs.writeSync(file, Buffer.alloc(bytes, 'x'), 0, bytes, position);
  fs.closeSync(file);
};
/** Where the page begins that holds a key. */
const pageOf = (key: string): number => Math.floor(dataFile().lastIndexOf(key) / 4096) * 4096;

/** Reads a sound store in this process; says that it is damaged when the test wants it. */
const readHere =
  (isWhole: boolean): ReadEntries =>
  async (folder, order, onEntry) => {
    const { close, ...tables } = await openTables(folder, { readOnly: true });
    try {
      for (const table of ['about', 'facts', 'answers'] as const)
        for (const { key, value } of tables[table].getRange({ reverse: order === 'backward' }))
          await onEntry({ table, key, value });
    } finally {
      await close();
    }
    return isWhole;
  };

const names = (): readonly string[] => fs.readdirSync(dir).sort();
const sizeOf = async (folder = cells): Promise<number> => {
  const store = await openAnswerStore(folder);
  const size = store.size();
  await store.close();
  return size;
};

/** Kills `act` at each of its steps in turn, each time from the same start. Returns the number of steps. */
async function killEverywhere(act: () => Promise<unknown>, check: (step: number) => Promise<void>) {
  await promises.rename(cells, join(dir, 'start'));
  for (let step = 1; ; step += 1) {
    for (const name of names()) if (name !== 'start') fs.rmSync(join(dir, name), { recursive: true });
    fs.cpSync(join(dir, 'start'), cells, { recursive: true });
    [steps, killAt] = [0, step];
    const isKilled = await act().then(
      () => false,
      (error: unknown) => error instanceof Killed || Promise.reject(error as Error),
    );
    killAt = Number.MAX_SAFE_INTEGER;
    if (!isKilled) return step - 1;
    await check(step);
  }
}

/** The four renames and removals of a swap at least. */
const SWAP_STEPS = 4;

describe('pruning', () => {
  it('removes the old answers and keeps everything else', async () => {
    expect(await pruneStore(cells, OLDER_THAN)).toEqual({ ok: true, value: OLD });
    expect(await sizeOf()).toBe(ANSWERS - OLD);
    expect(names()).toEqual(['cells']);
    const store = await openAnswerStore(cells);
    expect([store.get('key 0000'), store.recall('technique')]).toEqual([undefined, 'json_schema']);
    expect(store.get(`key 0299`)).toMatchObject({ text: 'x'.repeat(200) });
    await store.close();
  });

  it('loses no answer that it was to keep, killed at any of its steps, and can be done again', async () => {
    const prune = () => pruneStore(cells, OLDER_THAN, readHere(true));
    const count = await killEverywhere(prune, async (step) => {
      await finishSwap(cells);
      expect([ANSWERS, ANSWERS - OLD]).toContain(await sizeOf());
      expect({ step, again: (await prune()).ok, size: await sizeOf(), names: names() }).toEqual({
        step,
        again: true,
        size: ANSWERS - OLD,
        names: ['cells', 'start'],
      });
    });
    expect(count).toBeGreaterThan(SWAP_STEPS);
  });

  it('changes nothing in a store that cannot be read to its end', async () => {
    const before = dataFile();
    expect(await pruneStore(cells, OLDER_THAN, readHere(false))).toMatchObject({ ok: false });
    expect([dataFile().equals(before), names()]).toEqual([true, ['cells']]);
  });
});

describe('repairing', () => {
  it('keeps the damaged store until the new one is in its place, killed at any of its steps', async () => {
    const before = dataFile();
    const repair = () => repairStore(cells, 'stamp', readHere(false));
    const count = await killEverywhere(repair, async (step) => {
      const kept = names().filter((name) => name.startsWith('cells') && name !== 'cells-repaired');
      const isKept = kept.some((name) => dataFile(join(dir, name)).equals(before));
      expect({ step, isKept }).toEqual({ step, isKept: true });
      await finishSwap(cells);
      expect(await sizeOf()).toBe(ANSWERS);
      expect((await repair()).answers).toBe(ANSWERS);
    });
    expect(count).toBeGreaterThan(SWAP_STEPS);
  });

  it('reads from both ends: a damaged page costs the answers in it', async () => {
    overwrite(4096, pageOf('key 0150'));
    const before = dataFile();
    expect(await findStoreDamage(cells)).toBeUndefined();
    expect(await examineStore(cells, undefined)).toEqual({
      ok: false,
      error: expect.stringContaining('cannot be read to its end'),
    });
    const { answers, copy } = await repairStore(cells, 'stamp');
    expect(answers).toBeLessThan(ANSWERS);
    expect(answers).toBeGreaterThan(ANSWERS - 40);
    expect(dataFile(copy).equals(before)).toBe(true);
    const repaired = await examineStore(cells, undefined);
    expect(repaired).toMatchObject({ ok: true, value: { answers, unreadable: 0 } });
    const store = await openAnswerStore(cells);
    expect(store.get('key 0000')).toBeDefined();
    expect(store.get('key 0299')).toBeDefined();
    expect(store.recall('technique')).toBe('json_schema');
    await store.close();
  });

  it.each([
    ['cut', 'data.mdb was cut', () => fs.truncateSync(join(cells, 'data.mdb'), 3 * 4096)],
    ['overwritten at its start', 'first pages are damaged', () => overwrite(200, 0)],
    ['overwritten in its second page', 'first pages are damaged', () => overwrite(200, 4096)],
    ['another file', 'is not a store', () => fs.writeFileSync(join(cells, 'data.mdb'), 'no store')],
  ])('sets a store aside that was %s: LMDB cannot open it', async (_name, message, damage) => {
    damage();
    const before = dataFile();
    expect(await findStoreDamage(cells)).toContain(message);
    expect(await examineStore(cells, undefined)).toEqual({
      ok: false,
      error: expect.stringContaining(message),
    });
    expect(await repairStore(cells, 'stamp')).toEqual({ answers: 0, copy: `${cells}-damaged-stamp` });
    expect(dataFile(`${cells}-damaged-stamp`).equals(before)).toBe(true);
    expect(await sizeOf()).toBe(0);
  });

  it('leaves out entries that are not answers', async () => {
    const { close, answers } = await openTables(cells);
    await answers.put('key 0000', '{"text": "cut');
    await close();
    expect((await repairStore(cells, 'stamp')).answers).toBe(ANSWERS - 1);
  });
});

describe('looking at a store', () => {
  it('counts, sums and dates what is in it', async () => {
    const { close, answers } = await openTables(cells);
    await answers.put('key 0010', '{"text": "cut');
    await answers.put('key 0011', JSON.stringify({ text: '', usage: {} }));
    const bytes = Buffer.byteLength(answers.get('key 0000') ?? '');
    await close();
    expect(await examineStore(cells, OLDER_THAN)).toMatchObject({
      ok: true,
      value: {
        answers: ANSWERS - 1,
        unreadable: 1,
        undated: 1,
        oldest: LONG_AGO,
        newest: LONG_AGO + 1000 + ANSWERS - 1,
        old: { answers: OLD, bytes: OLD * bytes },
      },
    });
  });

  it('refuses one of a newer layout in words', async () => {
    const { close, about } = await openTables(cells);
    await about.put('layout', '99');
    await close();
    await expect(examineStore(cells, undefined)).rejects.toThrow('its layout is 99, written by a newer dd');
    await expect(pruneStore(cells, OLDER_THAN)).rejects.toThrow('its layout is 99');
    await expect(openAnswerStore(cells)).rejects.toMatchObject({ code: 'EBADSTORE' });
  });
});

describe('a swap that was stopped between its two renames', () => {
  it('is finished once', async () => {
    fs.renameSync(cells, `${cells}-next`);
    fs.mkdirSync(`${cells}-before`);
    expect([await finishSwap(cells), await finishSwap(cells)]).toEqual([true, false]);
    expect(names()).toEqual(['cells']);
    expect(await sizeOf()).toBe(ANSWERS);
  });
});
