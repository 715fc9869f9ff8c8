import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerStore } from '../models/types.js';
import { parseAnswer } from './cell-store.js';

/** The answers of earlier runs, for looking only. */
export interface StoredAnswers {
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
