/**
 * The answers of models on disk: a content-addressed cache on LMDB. The key of an answer is the SHA-256 of the
 * request (`models/request-key.ts`), so the same request finds its answer whichever recipe or run sends it.
 * LMDB never overwrites a page that is in use: a commit writes new pages, then one of two meta pages that says
 * where the new tree begins (copy-on-write, after OpenLDAP's LMDB). So what is committed survives `kill -9`, a
 * half-written commit is never seen, and several processes may use one store. The system writes the pages to the
 * disk a moment later: a power cut may cost the commits of the last moments, not the store. Large answers are files
 * beside it (`large-answers.ts`).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, AnswerStore } from '../models/types.js';
import { REPAIR_HINT } from './integrity.js';
import { largeText, readLarge, writeLarge, type LargeText } from './large-answers.js';
import { openTables } from './tables.js';

/** The answers of all runs, on disk. One store serves every recipe beside it. */
export interface DiskAnswerStore extends AnswerStore {
  /**
   * Stores texts of `answerText` that end in `endWithTime`, as UTF-8, in one transaction and without parsing them. Text
   * that is no answer counts as not stored when it is read. Resolves like `put`; the bytes must not be changed before.
   */
  putTexts(answers: readonly (readonly [key: string, text: Buffer])[]): Promise<void>;
  /** The number of answers. */
  size(): number;
  /** Waits until everything is on the disk, then closes the files. */
  close(): Promise<void>;
}

/** The entry under a key: the answer, and when it was stored. Answers of the first versions have no time. */
export type StoredAnswer = Answer & {
  /** Seconds since 1970. */
  readonly at?: number;
  /** Where the text is, if it is large. */
  readonly large?: LargeText;
};

/**
 * Opens the store in `folder`, and creates it when there is none. Throws when the store cannot be used; call
 * `findStoreDamage` first, since LMDB crashes the process on a file that was cut.
 */
export async function openAnswerStore(folder: string): Promise<DiskAnswerStore> {
  mkdirSync(folder, { recursive: true });
  const { answers, facts, about, close } = await openTables(folder);
  const layout = about.get('layout');
  try {
    checkLayout(folder, layout);
  } catch (error) {
    await close();
    throw error;
  }
  if (layout === undefined) await about.put('layout', String(LAYOUT));
  const put = async (key: string, answer: Answer): Promise<void> => {
    const large = answer.text.length > largeText ? await writeLarge(folder, answer.text) : undefined;
    await answers.put(key, answerText(answer, now(), large));
  };
  return {
    ...reader(folder, { answers, facts }),
    put,
    async putTexts(texts) {
      // JSON is never shorter than the text in it.
      const mayBeLarge = texts.filter(([, text]) => text.length > largeText);
      const written = mayBeLarge.map(async ([key, text]) => {
        const answer = parseAnswer(text.toString(), folder);
        if (answer) await put(key, answer);
      });
      await answers.batch((putOne) => {
        for (const [key, text] of texts) if (text.length <= largeText) putOne(key, text);
      });
      await Promise.all(written);
    },
    async remember(name, value) {
      await facts.put(name, value);
    },
    size: () => answers.getCount(),
    close,
  };
}

/** The answers of earlier runs, read only: nothing that is put into it is kept. */
interface StoredAnswers {
  readonly store: AnswerStore;
  close(): Promise<void>;
}

/** Opens the store in `folder` to be read; creates none. Call `findStoreDamage` first. */
export async function openStoredAnswers(folder: string): Promise<StoredAnswers> {
  const ignore = { put: async () => undefined, remember: async () => undefined };
  if (!existsSync(join(folder, 'data.mdb'))) {
    const nothing = { get: () => undefined, recall: () => undefined };
    return { store: { ...nothing, ...ignore }, close: async () => undefined };
  }
  const { close, ...tables } = await openTables(folder, { readOnly: true });
  return { store: { ...reader(folder, tables), ...ignore }, close };
}

/** The layout that this program writes. A store without a number has layout 1. */
const LAYOUT = 1;

/** Throws for a store whose layout this program does not know. */
export function checkLayout(folder: string, layout: string | undefined): void {
  if (layout === undefined || Number(layout) <= LAYOUT) return;
  const message = `its layout is ${layout}, written by a newer dd; this one knows layout ${LAYOUT}`;
  throw storeFault(folder, message);
}

interface ReadableTable {
  get(key: string): string | undefined;
}

function reader(
  folder: string,
  { answers, facts }: { readonly answers: ReadableTable; readonly facts: ReadableTable },
): Pick<AnswerStore, 'get' | 'recall'> {
  const read = (table: ReadableTable, key: string): string | undefined => {
    try {
      return table.get(key);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw storeFault(folder, `${message}\n${REPAIR_HINT}`);
    }
  };
  return {
    get(key) {
      const text = read(answers, key);
      return text === undefined ? undefined : parseAnswer(text, folder);
    },
    recall: (name) => read(facts, name),
  };
}

/**
 * The text that is stored. Nearly every answer ended by itself: that is left out.
 *
 * @param at seconds since 1970; left out on the way to `putTexts`
 */
export function answerText(
  { finishReason, text, ...answer }: Answer,
  at?: number,
  large?: LargeText,
): string {
  return JSON.stringify({
    ...(large ? { large } : { text }),
    ...answer,
    ...(finishReason !== ENDED && { finishReason }),
    at,
  });
}

const ENDED = 'stop';

const now = (): number => Math.floor(Date.now() / 1000);

/** What a text of `answerText` has in place of its last character when it is stored now. */
export const endWithTime = (): string => `,"at":${now()}}`;

/**
 * An answer as it was stored; `undefined` for text that is not one: then the model is asked again.
 *
 * @param folder the store, which has the texts of large answers; without one, an answer has its text itself
 */
export function parseAnswer(text: string, folder?: string): StoredAnswer | undefined {
  try {
    const answer = JSON.parse(text) as { -readonly [Key in keyof StoredAnswer]?: StoredAnswer[Key] } | null;
    if (answer?.large) {
      const large = folder === undefined ? undefined : readLarge(folder, answer.large);
      if (large === undefined) return undefined;
      answer.text = large;
    }
    if (typeof answer?.text !== 'string' || !answer.usage) return undefined;
    answer.finishReason ??= ENDED;
    return answer as StoredAnswer;
  } catch {
    return undefined;
  }
}

/** An error with the code by which `cli/faults.ts` recognizes a store that cannot be used. */
function storeFault(folder: string, message: string): Error {
  return Object.assign(new Error(`the answer store ${folder} cannot be used: ${message}`), {
    code: 'EBADSTORE',
  });
}
