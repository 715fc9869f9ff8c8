/**
 * Random access to the rows of a dataset: the byte offset of each line of `data/part-*.jsonl`. Offsets count over all
 * parts as if they were one file. Parts may still grow; `advance` takes in what was added. The files stay open, so that
 * a dataset that was replaced meanwhile can be read until the new one is opened.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { partFile } from '../../dataset/read-rows.js';
import { grown } from '../query/columns.js';

export interface RowFile {
  /** Whole lines whose place is known. */
  readonly rows: number;
  /** Reads on; `limit` bytes at most. Returns the number of bytes: 0 when nothing was added. */
  advance(limit: number): Promise<number>;
  /** Reads rows from `from` on, up to `to` (excluded): as many as are in one file and some `most` bytes, at least one. */
  read(from: number, to: number, most?: number): Promise<Lines>;
  close(): Promise<void>;
}

export interface Lines {
  readonly from: number;
  /** Rows in `bytes`. */
  readonly count: number;
  readonly bytes: Buffer;
  /** The text of a row by its number. */
  text(row: number): string;
  /** The row that has this byte. */
  rowAt(byte: number): number;
  /** The byte behind a row. */
  endOf(row: number): number;
}

interface OpenPart {
  readonly file: FileHandle;
  /** Offset of its first byte. */
  readonly base: number;
}

const CHUNK = 1 << 20;
const LINE_FEED = 0x0a;

export function openRowFile(folder: string): RowFile {
  const parts: OpenPart[] = [];
  /** Where each row begins; one more than there are rows. */
  let starts = new Float64Array(1024);
  let rows = 0;
  /** Bytes that were looked at, over all parts. */
  let seen = 0;
  const chunk = Buffer.allocUnsafe(CHUNK);

  const openNext = async (): Promise<OpenPart | undefined> => {
    const file = await open(partFile(folder, parts.length), 'r').catch(() => undefined);
    if (!file) return undefined;
    // What a part has after its last line feed is no row.
    const base = starts[rows] ?? 0;
    seen = base;
    const part = { file, base };
    parts.push(part);
    return part;
  };
  const noteLine = (end: number): void => {
    rows += 1;
    if (rows >= starts.length) starts = grown(starts, rows);
    starts[rows] = end;
  };
  return {
    get rows() {
      return rows;
    },
    async advance(limit) {
      let part = parts.at(-1) ?? (await openNext());
      let read = 0;
      while (part && read < limit) {
        const { bytesRead } = await part.file.read(chunk, 0, CHUNK, seen - part.base);
        for (
          let at = chunk.indexOf(LINE_FEED);
          at !== -1 && at < bytesRead;
          at = chunk.indexOf(LINE_FEED, at + 1)
        )
          noteLine(seen + at + 1);
        seen += bytesRead;
        read += bytesRead;
        if (bytesRead === 0) part = await openNext();
      }
      return read;
    },
    async read(from, to, most = 2 * CHUNK) {
      const begin = starts[from] ?? 0;
      const part = parts.findLast(({ base }) => base <= begin);
      const next = parts[part ? parts.indexOf(part) + 1 : 0];
      let count = 0;
      const ends = Math.min(next?.base ?? Infinity, begin + most);
      while (from + count < Math.min(to, rows) && (count === 0 || (starts[from + count + 1] ?? 0) <= ends))
        count += 1;
      const end = starts[from + count] ?? begin;
      const bytes = Buffer.allocUnsafe(end - begin);
      const { bytesRead = 0 } = (await part?.file.read(bytes, 0, bytes.length, begin - part.base)) ?? {};
      if (bytesRead < bytes.length) bytes.fill(0, bytesRead);
      const text = (row: number): string =>
        bytes.toString('utf8', (starts[row] ?? 0) - begin, Math.max(0, (starts[row + 1] ?? 0) - begin - 1));
      const endOf = (row: number): number => (starts[row + 1] ?? 0) - begin;
      const rowAt = (byte: number): number => {
        let [low, high] = [from, from + count - 1];
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if ((starts[middle] ?? 0) - begin <= byte) low = middle;
          else high = middle - 1;
        }
        return low;
      };
      return { from, count, bytes, text, rowAt, endOf };
    },
    async close() {
      for (const { file } of parts) await file.close();
    },
  };
}
