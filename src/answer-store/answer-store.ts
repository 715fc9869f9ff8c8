import { mkdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, AnswerStore } from '../models/types.js';

/** The answers of all runs, on disk. One store serves every recipe beside it. */
export interface CellStore extends AnswerStore {
  /** How many answers there are. */
  size(): number;
  /** Waits until everything is on the disk itself, then lets go of the files. */
  close(): Promise<void>;
}

/** What stands under a key: the answer, and since when. Answers of the first versions have no time. */
export type StoredAnswer = Answer & {
  /** Seconds since 1970. No part of the answer: it only tells how old it is. */
  readonly at?: number;
};

/** The layout that this program writes. A store without a number has layout 1. */
const LAYOUT = 1;

/**
 * Opens the store in `folder`, creating it when needed. LMDB: a commit survives `kill -9` of the program,
 * a torn one is never seen, and several processes may share it. Throws when the store cannot be used:
 * `findStoreDamage` says beforehand whether it can.
 */
export async function openCellStore(folder: string): Promise<CellStore> {
  mkdirSync(folder, { recursive: true });
  const { root, answers, facts, about } = await openTables(folder);
  const layout = about.get('layout');
  if (layout === undefined) await about.put('layout', String(LAYOUT));
  else if (Number(layout) > LAYOUT) {
    await root.close();
    throw storeFault(
      folder,
      `its layout is ${layout}, written by a newer dd; this one knows layout ${LAYOUT}`,
    );
  }
  return {
    get(key) {
      const text = reading(folder, () => answers.get(key));
      return text === undefined ? undefined : parseAnswer(text);
    },
    async put(key, answer) {
      await answers.put(key, answerText(answer, Math.floor(Date.now() / 1000)));
    },
    recall: (name) => reading(folder, () => facts.get(name)),
    async remember(name, value) {
      await facts.put(name, value);
    },
    size: () => answers.getCount(),
    async close() {
      await root.flushed;
      await root.close();
    },
  };
}

/** The tables of a store. Their names carry the layout of what is in them. */
export async function openTables(folder: string) {
  const { open } = await import('lmdb');
  // Address space, no memory: without it a store is mapped anew, beside the old, each time it has grown.
  const root = open({ path: folder, maxDbs: 4, mapSize: 2 ** 32 });
  const table = (name: string) => root.openDB<string, string>({ name, encoding: 'string' });
  return { root, answers: table('answers-1'), facts: table('facts-1'), about: table('about') };
}

/** What is stored. Nearly every answer ended by itself, which is left out. */
function answerText({ finishReason, ...answer }: Answer, at: number): string {
  return JSON.stringify({ ...answer, ...(finishReason !== ENDED && { finishReason }), at });
}

const ENDED = 'stop';

/** An answer as it was stored; `undefined` for text that is none: then it is asked for again. */
export function parseAnswer(text: string): StoredAnswer | undefined {
  try {
    const answer = JSON.parse(text) as { -readonly [Key in keyof StoredAnswer]?: StoredAnswer[Key] } | null;
    if (typeof answer?.text !== 'string' || !answer.usage) return undefined;
    answer.finishReason ??= ENDED;
    return answer as StoredAnswer;
  } catch {
    return undefined;
  }
}

function reading<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw storeFault(folder, error instanceof Error ? error.message : String(error));
  }
}

/** The code by which `cli/faults.ts` knows that the store is to blame, and what to type. */
function storeFault(folder: string, message: string): Error {
  return Object.assign(new Error(`the store of answers in ${folder} cannot be used: ${message}`), {
    code: 'EBADSTORE',
  });
}

/** The answers of earlier runs, for looking only. */
interface StoredAnswers {
  /** Keeps nothing that is put into it. */
  readonly store: AnswerStore;
  close(): Promise<void>;
}

/** Opens the store in `folder` to be read; makes none where there is none. Ask `findStoreDamage` first. */
export async function openStoredAnswers(folder: string): Promise<StoredAnswers> {
  const nothing: AnswerStore = {
    get: () => undefined,
    put: async () => undefined,
    recall: () => undefined,
    remember: async () => undefined,
  };
  if (!existsSync(join(folder, 'data.mdb'))) return { store: nothing, close: async () => undefined };
  const { open } = await import('lmdb');
  const root = open({ path: folder, maxDbs: 4, readOnly: true });
  const table = (name: string) => root.openDB<string, string>({ name, encoding: 'string' });
  const answers = table('answers-1');
  const facts = table('facts-1');
  return {
    store: {
      ...nothing,
      get(key) {
        const text = answers.get(key);
        return text === undefined ? undefined : parseAnswer(text);
      },
      recall: (name) => facts.get(name),
    },
    close: () => root.close(),
  };
}
