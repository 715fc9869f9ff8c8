/** Where the coordinator puts the rows of blocks for workers: into Redis, or into files of a folder that they see. */
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../core/regular-file.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { packRows, unpackRows } from './blocks.js';
import { FILE, ROWS } from './commands.js';
import {
  describeFile,
  findRunFolder,
  readRowFile,
  reasonOf,
  runFolder,
  type RowFields,
} from './row-files.js';

export interface BlockRows {
  /** @returns the fields of the block in Redis for its rows */
  put(
    block: string,
    rows: readonly string[],
  ): Promise<Result<Readonly<Record<string, Buffer | string>>, RunProblem>>;
  /** The rows of a block of an earlier coordinator; `undefined` when they are not there or were changed. */
  take(block: string, fields: RowFields): Promise<readonly string[] | undefined>;
  /** The block was collected. */
  remove(block: string): Promise<void>;
  /** Removes what is left of blocks that were neither put nor taken. */
  removeOthers(): Promise<void>;
}

const inRedis: BlockRows = {
  put: async (_, rows) => ok({ [ROWS]: await packRows(rows) }),
  take: async (_, { [ROWS]: packed, [FILE]: file }) => (packed && !file ? unpackRows(packed) : undefined),
  remove: async () => undefined,
  removeOthers: async () => undefined,
};

/**
 * @param run its id
 * @param shared the folder; left out, rows are in Redis
 */
export async function openBlockRows(
  run: string,
  shared: string | undefined,
): Promise<Result<BlockRows, RunProblem>> {
  if (shared === undefined) return ok(inRedis);
  // Others may not read rows; the group may, so that workers can be other users.
  const failed = await mkdir(runFolder(shared, run), { mode: 0o750 }).catch((error: unknown) =>
    errorCode(error) === 'EEXIST' ? undefined : reasonOf(error),
  );
  const found = failed === undefined ? await findRunFolder(shared, run) : err(failed);
  if (!found.ok) return err(unwritable(shared, found.error));
  const folder = found.value;
  const names = new Map<string, string>();
  return ok({
    async put(block, rows) {
      const bytes = await packRows(rows);
      const file = describeFile(block, bytes);
      const temporary = join(folder, `${file.name}.tmp`);
      try {
        await writeFile(temporary, bytes, { flag: 'wx', mode: 0o640 });
        await rename(temporary, join(folder, file.name));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        return err(unwritable(shared, reasonOf(error)));
      }
      names.set(block, file.name);
      // A block without this field was taken away.
      return ok({ [ROWS]: '', [FILE]: JSON.stringify(file) });
    },
    async take(block, { [FILE]: described }) {
      const file = described && (await readRowFile(folder, block, described.toString()));
      if (!file?.ok) return undefined;
      names.set(block, file.value.name);
      return unpackRows(file.value.bytes);
    },
    async remove(block) {
      const name = names.get(block);
      names.delete(block);
      // What cannot be removed now goes with the folder.
      if (name !== undefined) await rm(join(folder, name), { force: true }).catch(() => undefined);
    },
    async removeOthers() {
      const kept = new Set(names.values());
      const others = (await readdir(folder).catch(() => [])).filter((name) => !kept.has(name));
      for (const name of others)
        await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
    },
  });
}

/** Removes all rows of a run. */
export async function removeRows(run: string, shared: string): Promise<void> {
  await rm(runFolder(shared, run), { recursive: true, force: true });
}

/** Why rows cannot be written into a folder; `undefined` when they can be. */
export async function checkShared(shared: string): Promise<RunProblem | undefined> {
  try {
    if (!(await stat(shared)).isDirectory()) return unwritable(shared, 'it is not a folder');
    await rmdir(await mkdtemp(join(shared, '.dd-')));
    return undefined;
  } catch (error) {
    return unwritable(shared, reasonOf(error));
  }
}

const unwritable = (shared: string, reason: string): RunProblem => ({
  message: `the rows for workers cannot be written to ${shared}: ${reason}`,
  hint: '--queue-rows takes a folder that is there, on a disk that this machine and its workers share. Without it, rows go through Redis. No stored answer is lost.',
});
