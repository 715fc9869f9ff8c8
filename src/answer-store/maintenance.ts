import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openTables } from './answer-store.js';
import { findStoreDamage } from './integrity.js';
import { salvageAnswers } from './salvage.js';
import { prune, type Survey } from './survey.js';
import { swapStore } from './swap.js';

/** How a store is: what is in it, or why it cannot be used, in words. */
export type StoreHealth =
  | { readonly survey: Survey; readonly damage?: undefined }
  | { readonly survey?: undefined; readonly damage: string };

/** A command that prints the survey of a store as JSON. */
export type SurveyProgram = readonly [command: string, args: readonly string[]];

/**
 * Reads every answer of the store in `folder`. Torn pages make LMDB crash, and the whole process with it: so
 * it is read by a process of its own.
 */
export async function examineStore(folder: string, [command, args]: SurveyProgram): Promise<StoreHealth> {
  const damage = await findStoreDamage(folder);
  if (damage !== undefined) return { damage };
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const printed = await text(child.stdout);
  if ((await ended) !== 0) return { damage: 'it cannot be read to its end: some of its pages are torn' };
  return { survey: JSON.parse(printed) as Survey };
}

/** Removes answers stored before `olderThan` (seconds since 1970). Nothing may use the store meanwhile. */
export async function pruneStore(folder: string, olderThan: number): Promise<number> {
  const target = await emptyFolder(`${folder}-pruned`);
  const removed = await prune(folder, target, olderThan);
  await swapStore(target, folder);
  return removed;
}

/** Answers that are on their way to the disk at once. */
const BATCH = 1000;

/** What came of making a store anew. */
export interface Repaired {
  /** Answers that could be read. */
  readonly answers: number;
  /** Where the damaged store is now, as it was. */
  readonly copy: string;
}

/** Makes a store anew from what its file still holds. Nothing may use the store meanwhile. */
export async function repairStore(folder: string, stamp: string): Promise<Repaired> {
  const target = await emptyFolder(`${folder}-repaired`);
  const { root, answers } = await openTables(target);
  const known = new Map<string, bigint>();
  let writes: Promise<boolean>[] = [];
  for await (const { key, text: answer, transaction } of salvageAnswers(join(folder, 'data.mdb'))) {
    const earlier = known.get(key);
    if (earlier !== undefined && earlier >= transaction) continue;
    known.set(key, transaction);
    if (writes.push(answers.put(key, answer)) < BATCH) continue;
    await Promise.all(writes);
    writes = [];
  }
  await Promise.all(writes);
  await root.flushed;
  await root.close();
  const copy = `${folder}-damaged-${stamp}`;
  await swapStore(target, folder, copy);
  return { answers: known.size, copy };
}

async function emptyFolder(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  return folder;
}
