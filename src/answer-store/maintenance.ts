import { mkdir, rm } from 'node:fs/promises';
import { isObject, jsonIn } from '../core/json.js';
import { err, ok, type Result } from '../core/result.js';
import { parseAnswer } from './answer-store.js';
import { findStoreDamage } from './integrity.js';
import { takeLarge, type LargeText } from './large-answers.js';
import { readEntries, type StoreEntry } from './read-entries.js';
import { swapStore } from './swap.js';
import { openTables } from './tables.js';

/** The content of a store. Times are seconds since 1970. */
export interface Survey {
  readonly answers: number;
  /** Bytes of the answers themselves. */
  readonly bytes: number;
  /** Entries whose text is not an answer. */
  readonly unreadable: number;
  /** Answers of the first versions, which kept no times. */
  readonly undated: number;
  readonly oldest?: number | undefined;
  readonly newest?: number | undefined;
  /** Answers stored before the given time, and their bytes. */
  readonly old: { readonly answers: number; readonly bytes: number };
}

const CANNOT_READ_ALL = 'it cannot be read to its end: some of its pages are damaged';

/**
 * Reads every answer of the store in `folder` and counts those stored before `olderThan` (seconds since 1970)
 * apart. An error says why the store cannot be used.
 */
export async function examineStore(
  folder: string,
  olderThan: number | undefined,
  read = readEntries,
): Promise<Result<Survey, string>> {
  const damage = await findStoreDamage(folder);
  if (damage !== undefined) return err(damage);
  const sums = { answers: 0, bytes: 0, unreadable: 0, undated: 0 };
  const old = { answers: 0, bytes: 0 };
  let oldest: number | undefined;
  let newest: number | undefined;
  const isWhole = await read(folder, 'forward', ({ table, value }) => {
    if (table !== 'answers') return;
    const answer = parseAnswer(value, folder);
    if (!answer) {
      sums.unreadable += 1;
      return;
    }
    const { at: time } = answer;
    const bytes = Buffer.byteLength(value) + (answer.large?.bytes ?? 0);
    sums.answers += 1;
    sums.bytes += bytes;
    if (time === undefined) sums.undated += 1;
    oldest = Math.min(time ?? Infinity, oldest ?? Infinity);
    newest = Math.max(time ?? 0, newest ?? 0);
    if (!isOld(time, olderThan)) return;
    old.answers += 1;
    old.bytes += bytes;
  });
  if (!isWhole) return err(CANNOT_READ_ALL);
  const times = sums.answers > sums.undated ? { oldest, newest } : {};
  return ok({ ...sums, ...times, old });
}

/**
 * Removes answers stored before `olderThan` (seconds since 1970) by copying the others to a new store, which
 * gives their space back to the disk. Returns how many were removed, or why the store cannot be used. No other
 * process may use the store meanwhile.
 */
export async function pruneStore(
  folder: string,
  olderThan: number,
  read = readEntries,
): Promise<Result<number, string>> {
  const damage = await findStoreDamage(folder);
  if (damage !== undefined) return err(damage);
  let removed = 0;
  const made = await startCopy(folder, `${folder}-pruned`);
  const isWhole = await read(folder, 'forward', (entry) => {
    if (entry.table !== 'answers' || !isOld(parseAnswer(entry.value, folder)?.at, olderThan))
      return made.add(entry);
    removed += 1;
  }).finally(made.close);
  if (!isWhole) {
    await rm(made.folder, { recursive: true });
    return err(CANNOT_READ_ALL);
  }
  await swapStore(made.folder, folder);
  return ok(removed);
}

/** The result of a repair. */
export interface Repaired {
  /** Answers that could be read. */
  readonly answers: number;
  /** The folder of the damaged store, unchanged. */
  readonly copy: string;
}

/**
 * Makes a new store of the entries that LMDB can read of a damaged one, from the first key up to the first damaged
 * page and from the last key down to the last one. The damaged store is kept beside it. No other process may use
 * the store meanwhile.
 */
export async function repairStore(folder: string, stamp: string, read = readEntries): Promise<Repaired> {
  const made = await startCopy(folder, `${folder}-repaired`);
  const keep = (entry: StoreEntry): void | Promise<void> => {
    if (entry.table !== 'answers' || parseAnswer(entry.value, folder)) return made.add(entry);
  };
  let answers: number;
  try {
    if (!(await read(folder, 'forward', keep))) await read(folder, 'backward', keep);
  } finally {
    answers = await made.close();
  }
  const copy = `${folder}-damaged-${stamp}`;
  await swapStore(made.folder, folder, copy);
  return { answers, copy };
}

/** Where the text of an entry is, if it is large. */
function largeOf(value: string): LargeText | undefined {
  const entry = value.includes('"large"') ? jsonIn(value) : undefined;
  const large = isObject(entry) && isObject(entry['large']) ? entry['large'] : undefined;
  return typeof large?.['sha256'] === 'string' && /^[\da-f]{64}$/.test(large['sha256'])
    ? (large as unknown as LargeText)
    : undefined;
}

/** An answer without a time may be of any age: it is never old. */
function isOld(time: number | undefined, olderThan: number | undefined): boolean {
  return time !== undefined && olderThan !== undefined && time < olderThan;
}

/** Answers that are on their way to the disk at once. */
const BATCH = 1000;

/** A store that is being filled. */
interface StoreCopy {
  readonly folder: string;
  add(entry: StoreEntry): void | Promise<void>;
  /** Waits until everything is on the disk. Returns the number of answers. */
  close(): Promise<number>;
}

async function startCopy(from: string, folder: string): Promise<StoreCopy> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const { close, ...tables } = await openTables(folder);
  let writes: Promise<unknown>[] = [];
  const written = async (): Promise<void> => {
    await Promise.all(writes);
    writes = [];
  };
  return {
    folder,
    add({ table, key, value }) {
      const large = table === 'answers' ? largeOf(value) : undefined;
      const write = async (): Promise<unknown> => {
        if (large) await takeLarge(from, folder, large);
        return tables[table].put(key, value);
      };
      if (writes.push(large ? write() : tables[table].put(key, value)) >= BATCH) return written();
    },
    async close() {
      await written();
      const answers = tables.answers.getCount();
      await close();
      return answers;
    },
  };
}
