import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MUTEX_FILE, openMutex } from './process-mutex.js';

/**
 * Says why the store in `folder` cannot be opened: its file was cut, or its first pages are not LMDB's.
 * `undefined` when it can, or when there is none. LMDB maps the file into memory, so it would crash the process
 * with a bus error instead of reporting these. Only the two meta pages are read: damage further back is found by
 * reading everything (`examineStore`).
 */
export async function findStoreDamage(folder: string): Promise<string | undefined> {
  const file = await open(join(folder, 'data.mdb'), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    // Another process may be creating the store, or writing to it.
    const mutex = await openMutex(join(folder, MUTEX_FILE));
    return await mutex.run(() => damageOf(file)).finally(() => mutex.close());
  } finally {
    await file.close();
  }
}

async function damageOf(file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined;
  const first = await readMeta(file, 0);
  const second = first && (await readMeta(file, first.pageSize));
  if (!first || !second) return 'data.mdb is not a store, or its first pages are damaged';
  const { pageSize, lastPage } = first.transaction > second.transaction ? first : second;
  const missing = (lastPage + 1) * pageSize - size;
  return missing > 0 ? `data.mdb was cut: ${missing} of ${size + missing} bytes are missing` : undefined;
}

/** The fields of `MDB_meta`, LMDB's data version 2, by their offsets in the page. */
const OFFSET = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152 } as const;
const MAGIC = 0xbeefc0de;
const META_BYTES = 160;

async function readMeta(file: FileHandle, position: number) {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(META_BYTES), 0, META_BYTES, position);
  if (bytesRead < META_BYTES || buffer.readUInt32LE(OFFSET.magic) !== MAGIC) return undefined;
  return {
    pageSize: buffer.readUInt32LE(OFFSET.pageSize),
    lastPage: Number(buffer.readBigUInt64LE(OFFSET.lastPage)),
    transaction: buffer.readBigUInt64LE(OFFSET.transaction),
  };
}

/** What to type when a store is damaged. */
export const REPAIR_HINT =
  'dd store --repair makes a new store of the answers that can be read, and keeps the damaged one beside it';
