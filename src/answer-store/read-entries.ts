/**
 * Reads a store that may be damaged. LMDB crashes the process on some damaged pages (bus error, failed
 * assertion), so a process of its own reads the entries in the order of their keys and writes each to a pipe at
 * once: what it had read before a crash has arrived.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jsonIn } from '../core/json.js';
import { packageFolder } from '../core/package-folder.js';
import { linesIn } from '../core/read-lines.js';
import { checkLayout } from './answer-store.js';

/** An entry of one of the store's tables. */
export interface StoreEntry {
  readonly table: 'about' | 'answers' | 'facts';
  readonly key: string;
  readonly value: string;
}

/** From which end the keys are read: a damaged page hides what is behind it. */
export type ReadingOrder = 'forward' | 'backward';

/** Hands over the entries of a store, one after the other. False when it could not read to the end. */
export type ReadEntries = (
  folder: string,
  order: ReadingOrder,
  onEntry: (entry: StoreEntry) => void | Promise<void>,
) => Promise<boolean>;

/** Reads the entries in a child process. Throws for a store that a newer program wrote. */
export const readEntries: ReadEntries = async (folder, order, onEntry) => {
  const script = fileURLToPath(new URL('dist/answer-store/read-entries-process.js', packageFolder()));
  const child = spawn(process.execPath, [script, folder, order], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const arrive = async (): Promise<void> => {
    for await (const line of linesIn(child.stdout.setEncoding('utf8'))) {
      const entry = jsonIn(line) as unknown as StoreEntry | undefined;
      if (entry === undefined) continue;
      if (entry.table === 'about' && entry.key === 'layout') checkLayout(folder, entry.value);
      await onEntry(entry);
    }
  };
  try {
    const [code] = await Promise.all([ended, arrive()]);
    return code === 0;
  } finally {
    child.kill();
  }
};
