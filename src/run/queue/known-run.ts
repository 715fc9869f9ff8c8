/**
 * The run as its coordinator knows it from start to start: a file beside the answers with its id, and with the shared
 * folders that may have rows of it, a line each. A folder is in the file before it has rows, and until it has none.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { openBlockRows, removeRows, type BlockRows } from './block-rows.js';

export interface KnownRun {
  readonly id: string;
  readonly rows: BlockRows;
  /** Removes what earlier starts have left: to be called when all that is needed of it was taken. */
  removeEarlier(): Promise<void>;
  /** The run is over: removes its rows and the file. What cannot be removed now is left for the next run of this name. */
  remove(): Promise<void>;
}

/**
 * @param shared the folder that rows go to; left out, they go to Redis
 * @param onLeft is told what cannot be removed
 */
export async function openKnownRun(
  file: string,
  shared: string | undefined,
  onLeft: (text: string) => void,
): Promise<Result<KnownRun, RunProblem>> {
  const known = await read(file);
  const { id } = known;
  const own = shared === undefined ? [] : [shared];
  let folders: readonly string[] = [...new Set([...known.folders, ...own])];
  const write = async (): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, [id, ...folders, ''].join('\n'));
  };
  await write();
  const rows = await openBlockRows(id, shared);
  if (!rows.ok) return rows;

  const removeFrom = async (some: readonly string[]): Promise<void> => {
    for (const folder of some)
      try {
        await removeRows(id, folder);
        folders = folders.filter((each) => each !== folder);
      } catch (error) {
        onLeft(`rows of this run are left in ${folder}: ${(error as Error).message}`);
      }
    if (some.length > 0) await write();
  };
  return ok({
    id,
    rows: rows.value,
    async removeEarlier() {
      await rows.value.removeOthers();
      await removeFrom(folders.filter((folder) => folder !== shared));
    },
    async remove() {
      await removeFrom(folders);
      if (folders.length === 0) await rm(file, { force: true });
    },
  });
}

async function read(file: string): Promise<{ readonly id: string; readonly folders: readonly string[] }> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [id = '', ...folders] = text.split('\n').filter(Boolean);
  return /^[\w-]{8,64}$/.test(id) ? { id, folders } : { id: randomUUID(), folders: [] };
}
