import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerText, openAnswerStore, openStoredAnswers } from '../../src/answer-store/answer-store.js';
import { examineStore, pruneStore, repairStore } from '../../src/answer-store/maintenance.js';
import type { Answer } from '../../src/models/types.js';

let dir: string;
let cells: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dd-large-'));
  cells = join(dir, 'cells');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const usage = { input: 1, output: 2, cached: undefined, reasoning: undefined };
const answerOf = (text: string): Answer => ({ text, finishReason: 'stop', usage });
/** 300 kB, with characters of several bytes. */
const large = answerOf(`é${'image '.repeat(50_000)}`);
const small = answerOf('words');

async function fill(entries: Readonly<Record<string, Answer>>): Promise<void> {
  const store = await openAnswerStore(cells);
  for (const [key, answer] of Object.entries(entries)) await store.put(key, answer);
  await store.close();
}

async function textOf(key: string, folder = cells): Promise<string | undefined> {
  const { store, close } = await openStoredAnswers(folder);
  const text = store.get(key)?.text;
  await close();
  return text;
}

function filesIn(folder = cells): readonly string[] {
  const place = join(folder, 'large');
  if (!existsSync(place)) return [];
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map((name) => join(place, name))
    .filter((file) => statSync(file).isFile());
}

const only = (): string => filesIn()[0] ?? '';

describe('a large answer', () => {
  it('is a file beside the pages, and a small one is in them', async () => {
    await fill({ a: large, b: small });
    expect(await textOf('a')).toBe(large.text);
    expect(await textOf('b')).toBe('words');
    expect(filesIn()).toHaveLength(1);
    expect(readFileSync(only(), 'utf8')).toBe(large.text);
    expect(readFileSync(join(cells, 'data.mdb')).includes('image image')).toBe(false);
  });

  it('is a file, too, when its text comes as it is stored', async () => {
    const store = await openAnswerStore(cells);
    const quotes = answerOf('"'.repeat(60_000));
    await store.putTexts([
      ['a', Buffer.from(answerText(large))],
      ['b', Buffer.from(answerText(small))],
      ['c', Buffer.from(answerText(quotes))],
    ]);
    await store.close();
    expect(await Promise.all(['a', 'b', 'c'].map((key) => textOf(key)))).toEqual([
      large.text,
      'words',
      quotes.text,
    ]);
    expect(filesIn().map((file) => readFileSync(file, 'utf8'))).toEqual([large.text]);
  });

  it('is one file for equal answers, and two keys find it', async () => {
    await fill({ a: large, b: large });
    expect(filesIn()).toHaveLength(1);
    expect(await textOf('b')).toBe(large.text);
  });

  it.each<[string, () => void]>([
    ['missing', () => unlinkSync(only())],
    ['cut', () => truncateSync(only(), 1000)],
    ['another one', () => writeFileSync(only(), 'x'.repeat(300_000))],
  ])(
    'counts as not stored when its file is %s, and is whole again when it is put again',
    async (_, damage) => {
      await fill({ a: large });
      damage();
      expect(await textOf('a')).toBeUndefined();
      expect(await examineStore(cells, undefined)).toMatchObject({ value: { answers: 0, unreadable: 1 } });
      await fill({ a: large });
      expect(await textOf('a')).toBe(large.text);
    },
  );

  it('is counted with its bytes', async () => {
    await fill({ a: large, b: small });
    const examined = await examineStore(cells, undefined);
    expect(examined).toMatchObject({ ok: true, value: { answers: 2, unreadable: 0 } });
    expect(examined.ok && examined.value.bytes).toBeGreaterThan(300_000);
  });

  it('stays when others are pruned, and goes with its entry', async () => {
    await fill({ a: large, b: small });
    // What no entry names, as after a kill between a file and its entry.
    writeFileSync(join(cells, 'large', 'orphan'), 'x');
    await pruneStore(cells, 0);
    expect(await textOf('a')).toBe(large.text);
    expect(filesIn()).toHaveLength(1);
    await pruneStore(cells, Math.floor(Date.now() / 1000) + 10);
    expect(filesIn()).toEqual([]);
    expect(await textOf('a')).toBeUndefined();
  });

  it('is kept by a repair', async () => {
    await fill({ a: large, b: small });
    expect(await repairStore(cells, 'now')).toMatchObject({ answers: 2 });
    expect(await textOf('a')).toBe(large.text);
  });
});
