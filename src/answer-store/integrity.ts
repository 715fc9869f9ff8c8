import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** A meta page of LMDB: there are two, at the start of the file, written in turn. */
interface MetaPage {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

/** Where things stand in a meta page: `MDB_meta` behind the page header of LMDB's data version 2. */
const AT = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152 } as const;
const MAGIC = 0xbeefc0de;
const META_BYTES = 160;

/**
 * Says in words why the store in `folder` cannot be used: its file is no store any more, or a part of it is
 * gone. `undefined` when it can be used, or when there is none. Reads the first pages only: LMDB itself would
 * crash with the whole program on what this finds.
 */
export async function findStoreDamage(folder: string): Promise<string | undefined> {
  const file = await open(join(folder, 'data.mdb'), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const first = await readMeta(file, 0);
    const second = first && (await readMeta(file, first.pageSize));
    if (!first || !second) return 'data.mdb is not a store, or its first pages are torn';
    const { pageSize, lastPage } = first.transaction > second.transaction ? first : second;
    const missing = (lastPage + 1) * pageSize - size;
    return missing > 0 ? `data.mdb was cut: ${missing} of ${size + missing} bytes are missing` : undefined;
  } finally {
    await file.close();
  }
}

/** Bytes of a page, whatever of the first pages can still be read. */
export async function pageSizeOf(file: FileHandle): Promise<number> {
  return (await readMeta(file, 0))?.pageSize ?? USUAL_PAGE;
}

const USUAL_PAGE = 4096;

async function readMeta(file: FileHandle, position: number): Promise<MetaPage | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(META_BYTES), 0, META_BYTES, position);
  if (bytesRead < META_BYTES || buffer.readUInt32LE(AT.magic) !== MAGIC) return undefined;
  const pageSize = buffer.readUInt32LE(AT.pageSize);
  const isPageSize = pageSize >= 256 && pageSize <= 65_536 && Number.isInteger(Math.log2(pageSize));
  return isPageSize
    ? {
        pageSize,
        lastPage: Number(buffer.readBigUInt64LE(AT.lastPage)),
        transaction: buffer.readBigUInt64LE(AT.transaction),
      }
    : undefined;
}
