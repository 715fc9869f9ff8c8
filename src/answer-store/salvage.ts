import { open, type FileHandle } from 'node:fs/promises';
import { parseAnswer } from './answer-store.js';
import { pageSizeOf } from './integrity.js';

/** An answer that was found in the pages of a damaged store. */
interface Salvaged {
  readonly key: string;
  readonly text: string;
  /** Number of the transaction that wrote its page: of two with the same key the later one holds. */
  readonly transaction: bigint;
}

/** LMDB's pages, of its data version 2: a header; then, counted from its end, offsets of nodes and the nodes. */
const HEADER = { transaction: 8, flags: 18, lower: 20, bytes: 24 } as const;
const NODE = { dataLow: 0, dataHigh: 2, flags: 4, keyLength: 6, key: 8 } as const;
const LEAF = 2;
const KINDS_OF_PAGES = 0xf;
/** The node holds the number of the page where its data begins. */
const IS_ELSEWHERE = 1;

/** A key as `requestKey` makes them. */
const KEY = /^[0-9a-f]{64}$/;
const CHUNK_PAGES = 256;

/**
 * Finds the answers in a store's file page by page, without its trees: they are the first thing that is lost
 * when the file is cut. Pages that were freed may still hold answers: those are good as well.
 */
export async function* salvageAnswers(file: string): AsyncGenerator<Salvaged> {
  const handle = await open(file, 'r');
  try {
    const pageSize = await pageSizeOf(handle);
    const chunk = Buffer.alloc(CHUNK_PAGES * pageSize);
    for (let position = 0; ; position += chunk.length) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      for (let at = 0; at + pageSize <= bytesRead; at += pageSize)
        yield* answersOf(chunk.subarray(at, at + pageSize), handle);
      if (bytesRead < chunk.length) return;
    }
  } finally {
    await handle.close();
  }
}

async function* answersOf(page: Buffer, handle: FileHandle): AsyncGenerator<Salvaged> {
  if ((page.readUInt16LE(HEADER.flags) & KINDS_OF_PAGES) !== LEAF) return;
  const transaction = page.readBigUInt64LE(HEADER.transaction);
  const body = page.subarray(HEADER.bytes);
  const end = Math.min(page.readUInt16LE(HEADER.lower), body.length);
  for (let pointer = 0; pointer + 2 <= end; pointer += 2) {
    const node = body.subarray(body.readUInt16LE(pointer));
    if (node.length < NODE.key) continue;
    const keyEnd = NODE.key + node.readUInt16LE(NODE.keyLength);
    const key = node.subarray(NODE.key, keyEnd).toString('latin1');
    if (!KEY.test(key)) continue;
    const length = node.readUInt16LE(NODE.dataLow) + node.readUInt16LE(NODE.dataHigh) * 65_536;
    const isElsewhere = (node.readUInt16LE(NODE.flags) & IS_ELSEWHERE) !== 0 && node.length >= keyEnd + 8;
    const data = isElsewhere
      ? await readOverflow(handle, node.readBigUInt64LE(keyEnd), page.length, length)
      : node.subarray(keyEnd, keyEnd + length);
    const text = data.toString('utf8');
    if (data.length === length && parseAnswer(text)) yield { key, text, transaction };
  }
}

async function readOverflow(
  handle: FileHandle,
  page: bigint,
  pageSize: number,
  length: number,
): Promise<Buffer> {
  const { size } = await handle.stat();
  const position = Number(page) * pageSize + HEADER.bytes;
  if (position + length > size) return Buffer.alloc(0);
  return (await handle.read(Buffer.alloc(length), 0, length, position)).buffer;
}
