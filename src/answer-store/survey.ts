import { openTables, parseAnswer } from './answer-store.js';

/** What is in a store. Times are seconds since 1970. */
export interface Survey {
  readonly answers: number;
  /** Bytes of the answers themselves. */
  readonly bytes: number;
  /** Entries that are no answers any more. */
  readonly unreadable: number;
  /** Answers of the first versions, which kept no times. */
  readonly undated: number;
  readonly oldest?: number | undefined;
  readonly newest?: number | undefined;
  /** Answers stored before the time that was asked about, and their bytes. */
  readonly old: { readonly answers: number; readonly bytes: number };
}

/** Reads every answer of a store, and counts those stored before `olderThan` (seconds since 1970) apart. */
export async function survey(folder: string, olderThan: number | undefined): Promise<Survey> {
  const { root, answers } = await openTables(folder);
  const sums = { answers: 0, bytes: 0, unreadable: 0, undated: 0 };
  const old = { answers: 0, bytes: 0 };
  let oldest: number | undefined;
  let newest: number | undefined;
  for (const { value } of answers.getRange()) {
    const answer = parseAnswer(value);
    if (!answer) {
      sums.unreadable += 1;
      continue;
    }
    const bytes = Buffer.byteLength(value);
    sums.answers += 1;
    sums.bytes += bytes;
    const { at: time } = answer;
    if (time === undefined) {
      sums.undated += 1;
      continue;
    }
    oldest = Math.min(time, oldest ?? time);
    newest = Math.max(time, newest ?? time);
    if (!isOld(time, olderThan)) continue;
    old.answers += 1;
    old.bytes += bytes;
  }
  await root.close();
  return { ...sums, oldest, newest, old };
}

/** Removes answers stored before `olderThan` and gives their place back to the disk. Returns how many. */
export async function prune(folder: string, compacted: string, olderThan: number): Promise<number> {
  const { root, answers } = await openTables(folder);
  let removed = 0;
  for (const { key, value } of answers.getRange()) {
    if (!isOld(parseAnswer(value)?.at, olderThan)) continue;
    removed += 1;
    // The last write tells when all are done: they are done in order.
    void answers.remove(key);
  }
  await root.committed;
  await root.backup(compacted, true);
  await root.close();
  return removed;
}

/** An answer without a time may be of any age: it is never old. */
function isOld(time: number | undefined, olderThan: number | undefined): boolean {
  return time !== undefined && olderThan !== undefined && time < olderThan;
}
