/**
 * Rows of blocks as files in a folder that the coordinator and its workers see, in place of Redis: `dd run --queue-rows`.
 * A run has a folder of its own there, and each block a file in it, which is whole as soon as it has its name. In Redis is
 * its name, its size and its SHA-256.
 *
 * A worker trusts nothing that it has from Redis: it reads a regular file of the name that the block must have, in the
 * folder of the run, no link on the way, and takes it when size and SHA-256 are those of Redis.
 */
import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import { errorCode } from '../../core/regular-file.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { unpackRows } from './blocks.js';
import { FILE, ROWS } from './commands.js';

/** The file of a block, as Redis has it. */
export interface RowFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Where the rows of a block are: the fields of the block in Redis that say so. */
export type RowFields = Readonly<Record<string, Buffer | undefined>>;

/** More than the text of any block: a text of Node has at most so many characters. */
const MOST_BYTES = 2 ** 29;

/** The folder of a run in the shared one. */
export const runFolder = (shared: string, run: string): string => join(shared, `dd-${run}`);

export function describeFile(block: string, bytes: Buffer): RowFile {
  const sha256 = hash('sha256', bytes);
  return { name: nameOf(block, sha256), size: bytes.length, sha256 };
}

const nameOf = (block: string, sha256: string): string => `${block}-${sha256.slice(0, 16)}.rows`;

/** Reads the rows of blocks on a worker. The error is why it cannot. */
export type ReadRows = (block: string, fields: RowFields) => Promise<Result<readonly string[], RunProblem>>;

/**
 * @param there the shared folder as the coordinator names it; left out when rows are in Redis
 * @param here the shared folder as this worker has it, if it was told
 */
export async function openRows(
  run: string,
  there: string | undefined,
  here: string | undefined,
): Promise<Result<ReadRows, RunProblem>> {
  if (there === undefined) return ok(readFrom(undefined));
  const shared = here ?? there;
  // A path of another machine in the Windows network: opening it would send the name and the password of the user.
  const isLocal = isAbsolute(shared) && !/^[\\/]{2}/.test(shared);
  const folder = isLocal ? await findRunFolder(shared, run) : err('it is no path of this machine');
  if (folder.ok) return ok(readFrom(folder.value));
  return err({
    message: `its rows are files in ${runFolder(shared, run)}, which cannot be used here: ${folder.error}`,
    hint:
      here === undefined
        ? 'mount the folder, or say where it is on this machine: dd worker --queue-rows DIR'
        : `--queue-rows must be the folder that the coordinator names ${there}: it has a folder dd-${run}`,
  });
}

const readFrom =
  (folder: string | undefined): ReadRows =>
  async (block, fields) => {
    const { [ROWS]: rows, [FILE]: file } = fields;
    if (!file) return ok(rows ? await unpackRows(rows) : []);
    const read = await readRowFile(folder, block, file.toString());
    if (read.ok) return ok(await unpackRows(read.value.bytes));
    return err({
      message: `the rows of ${block} cannot be read${folder === undefined ? '' : ` in ${folder}`}: ${read.error}`,
      hint: 'check that folder and start this worker again; the same dd run command again writes what is missing',
    });
  };

/** The real path of the folder of a run, or the reason in words. */
export async function findRunFolder(shared: string, run: string): Promise<Result<string, string>> {
  if (!/^[\w-]{8,64}$/.test(run)) return err('the run has no usable id');
  try {
    const folder = runFolder(await realpath(shared), run);
    if ((await realpath(folder)) !== folder) return err('it is a link');
    if (!(await stat(folder)).isDirectory()) return err('it is not a folder');
    await access(folder, constants.R_OK | constants.X_OK);
    return ok(folder);
  } catch (error) {
    return err(reasonOf(error));
  }
}

/**
 * The file of a block, or the reason in words.
 *
 * @param folder its real path
 * @param described by Redis: JSON of a `RowFile`
 */
export async function readRowFile(
  folder: string | undefined,
  block: string,
  described: string,
): Promise<Result<{ readonly name: string; readonly bytes: Buffer }, string>> {
  const file = readDescription(block, described);
  if (!file) return err('the queue names no file that this block can have');
  if (folder === undefined) return err('the run names no folder');
  const { name, size, sha256 } = file;
  const path = join(folder, name);
  let handle: FileHandle | undefined;
  try {
    if ((await realpath(path)) !== path) return err(`${name} is a link`);
    // A pipe would block.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0));
    const found = await handle.stat();
    if (!found.isFile()) return err(`${name} is not a regular file`);
    if (found.size !== size) return err(`${name} has ${found.size} bytes, and the coordinator wrote ${size}`);
    const bytes = Buffer.alloc(size);
    let read = 0;
    for (let count = -1; read < size && count !== 0; read += count)
      count = (await handle.read(bytes, read, size - read, read)).bytesRead;
    if (read === size && hash('sha256', bytes) === sha256) return ok({ name, bytes });
    return err(`${name} has other bytes than the coordinator wrote`);
  } catch (error) {
    return err(`${name}: ${reasonOf(error)}`);
  } finally {
    await handle?.close();
  }
}

/** A name that this block cannot have, such as `../x` or that of another run's file, is no description. */
function readDescription(block: string, text: string): RowFile | undefined {
  const data = jsonIn(text);
  if (!isObject(data) || !/^block-\d{1,15}$/.test(block)) return undefined;
  const { name, size, sha256 } = data;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || name !== nameOf(block, sha256))
    return undefined;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > MOST_BYTES) return undefined;
  return { name, size, sha256 };
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'it is a link',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'it is not a folder',
  EROFS: 'the file system is read-only',
  ESTALE: 'the network file system has lost it (ESTALE)',
};

/** What the system says, in words. */
export const reasonOf = (error: unknown): string => REASONS[errorCode(error)] ?? errorCode(error);
