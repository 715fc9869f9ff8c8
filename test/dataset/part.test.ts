import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { createGroupThread, type GroupThread } from '../../src/dataset/parquet-worker.js';
import { openPart } from '../../src/dataset/part.js';
import type { OutputColumn } from '../../src/engine/types.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dd-part-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const columns: readonly OutputColumn[] = [
  { name: 'number', schema: { type: 'integer' }, from: 'seed' },
  { name: 'share', schema: { type: 'number' }, from: 'column' },
  { name: 'text', schema: { type: 'string' }, from: 'column' },
  { name: '__proto__', schema: { type: 'string' }, from: 'column' },
  { name: 'any', schema: { type: 'object' }, from: 'column' },
];

/** More row groups than the first ones, which are encoded without a thread; the last one is not full. */
const rows = Array.from({ length: 10_500 }, (_, number): JsonObject => {
  const text = number % 7 === 0 ? null : `line ${number}\n\u2028 – 漢 😀`;
  const values = { number, share: number % 3 === 0 ? -0 : number / 7, text, any: { 2: [-0], a: text } };
  return Object.fromEntries([...Object.entries(values), ['__proto__', `own ${number}`]]);
});

async function write(
  thread: GroupThread,
  given = rows,
): Promise<{ readonly jsonl: Buffer; readonly parquet: Buffer }> {
  const part = await openPart(folder, 0, columns, thread);
  for (const row of given) await part.append(row);
  await part.close();
  const name = join(folder, 'part-00000');
  return { jsonl: await readFile(`${name}.jsonl`), parquet: await readFile(`${name}.parquet`) };
}

/** Counts the requests to a thread, and the answers. */
function counted(thread: GroupThread): { readonly thread: GroupThread; readonly answers: () => string } {
  const counts = { asked: 0, answered: 0 };
  return {
    thread: async (request) => {
      counts.asked += 1;
      const group = await thread(request);
      counts.answered += 1;
      return group;
    },
    answers: () => `${counts.answered} of ${counts.asked}`,
  };
}

const broken: GroupThread = () => Promise.reject(new Error('no thread can be started'));

it('has no negative zero in either file: JSON has none', async () => {
  const zero = await write(broken, [{ ...rows[1], share: 0 }]);
  const negative = await write(broken, [{ ...rows[1], share: -0 }]);
  expect(negative.parquet.equals(zero.parquet)).toBe(true);
});

describe('a part whose row groups are encoded in a second thread', () => {
  it('is the same as without it, byte by byte', async () => {
    const here = await write(broken);
    const { thread, answers } = counted(createGroupThread(columns));
    const elsewhere = await write(thread);
    expect(answers()).toBe('3 of 3');
    expect(elsewhere.jsonl.toString()).toBe(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
    expect(elsewhere.parquet.equals(here.parquet)).toBe(true);
    expect(elsewhere.jsonl.equals(here.jsonl)).toBe(true);
  });

  it('is the same when the thread ends in the middle', async () => {
    const here = await write(broken);
    const { thread, answers } = counted(createGroupThread(columns));
    let groups = 0;
    const ending: GroupThread = (request) =>
      thread(++groups === 2 ? { ...request, lines: 'no JSON' } : request);
    const elsewhere = await write(ending);
    expect(answers()).toBe('1 of 3');
    expect(elsewhere.parquet.equals(here.parquet)).toBe(true);
  });

  it('fails with the error of the last row group, which is written behind the lines', async () => {
    let groups = 0;
    const { thread } = counted(createGroupThread(columns));
    const failing: GroupThread = async (request) => {
      const group = await thread(request);
      groups += 1;
      if (groups < 3) return group;
      return {
        ...group,
        get bytes(): Uint8Array {
          throw new Error('there is no room');
        },
      };
    };
    await expect(write(failing)).rejects.toThrow('there is no room');
    expect(groups).toBe(3);
  });

  const itWithFullDisk = existsSync('/dev/full') ? it : it.skip;

  itWithFullDisk('fails when the disk is full', async () => {
    await symlink('/dev/full', join(folder, 'part-00000.parquet'));
    await expect(write(createGroupThread(columns))).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
