import { closeSync, readSync } from 'node:fs';
import { createYielder } from '../../core/yield-to-event-loop.js';
import { ok, type Result } from '../../core/result.js';
import { attempt, openRegular, type RegularFile } from '../../core/regular-file.js';

/** In bytes. Most sessions fit into one piece; a larger piece would only take more memory. */
const PIECE = 2 ** 20;

const NEWLINE = 0x0a;

/** A longer line would not fit into a string. */
const MAX_BUFFER = 2 ** 31 - 1;

type TakePiece = (piece: Buffer, isLast: boolean) => void;

/**
 * Reads a regular file piece by piece. A piece is a number of whole lines; the last one of a file may lack the
 * newline. It is valid until `take` returns, and `take` may change it. Never waits for a pipe, and rejects only when
 * `take` throws.
 *
 * @returns an error that says in words why the file could not be read
 */
export type PieceReader = (path: string, take: TakePiece) => Promise<Result<undefined, string>>;

/**
 * Reading is synchronous: a file in the system's cache is read faster than it can be asked for asynchronously.
 * From time to time the event loop gets a turn.
 */
export function createPieceReader(): PieceReader {
  const yieldToEventLoop = createYielder();
  /** The buffer of the file before: fresh memory costs more than reading a small file. Taken while a file is read. */
  let spare: Buffer | undefined;

  /**
   * A buffer for the longest line that a file can have. Of a large buffer only the beginning is used while lines
   * are short, and unused memory costs nothing. But V8 counts it when it decides to collect garbage, and large files
   * leave much.
   */
  function takeBuffer(size: number): Buffer {
    const buffer = size > PIECE ? undefined : spare;
    if (buffer) spare = undefined;
    return buffer ?? Buffer.allocUnsafeSlow(Math.max(PIECE, Math.min(size, MAX_BUFFER)));
  }

  async function readAll(
    { descriptor, size }: RegularFile,
    take: TakePiece,
  ): Promise<Result<undefined, string>> {
    const buffer = takeBuffer(size);
    /** Bytes of the file that have been read, and those of them that are at the beginning of the buffer. */
    let position = 0;
    let held = 0;
    while (position < size) {
      const room = Math.min(PIECE, buffer.length - held, size - position);
      const read = attempt(() => readSync(descriptor, buffer, held, room, position));
      if (!read.ok) return read;
      const before = held;
      position += read.value;
      held += read.value;
      if (read.value === 0) break;
      const newline = buffer.subarray(before, held).lastIndexOf(NEWLINE);
      const end = newline !== -1 ? before + newline + 1 : held === buffer.length ? held : 0;
      if (end === 0 || position === size) continue;
      take(buffer.subarray(0, end), false);
      held = buffer.copy(buffer, 0, end, held);
      await yieldToEventLoop();
    }
    take(buffer.subarray(0, held), true);
    if (buffer.length === PIECE) spare = buffer;
    return ok(undefined);
  }

  return async (path, take) => {
    await yieldToEventLoop();
    const file = openRegular(path);
    if (!file.ok) return file;
    try {
      return await readAll(file.value, take);
    } finally {
      closeSync(file.value.descriptor);
    }
  };
}
