import { closeSync, readSync } from 'node:fs';
import { createTurns } from '../../core/yield-to-event-loop.js';
import { ok, type Result } from '../../core/result.js';
import { attempt, openRegular, type RegularFile } from '../../core/regular-file.js';

/** Most sessions fit into one piece; a larger one would only hold more memory. */
const PIECE = 2 ** 20;

const NEWLINE = 0x0a;

/** A line beyond this would not fit into a string by far. */
const MAX_BUFFER = 2 ** 31 - 1;

/** A buffer to use again, because fresh memory costs more than the reading. Taken while a file is being read. */
let spare: Buffer | undefined;

/**
 * A buffer for the longest line that a file can have. Of a large one only the beginning is used as long as
 * lines are short, and memory that is not used costs nothing; but V8 takes it into account when it decides
 * to collect garbage, of which large files leave much.
 */
function takeBuffer(size: number): Buffer {
  const buffer = size > PIECE ? undefined : spare;
  if (buffer) spare = undefined;
  return buffer ?? Buffer.allocUnsafeSlow(Math.max(PIECE, Math.min(size, MAX_BUFFER)));
}

const letOthers = createTurns();

/**
 * Reads a regular file piece by piece. A piece is whole lines and, at the end of the file, what is left;
 * it is only valid until `take` returns, which may change it. Never waits for a pipe, and rejects only if `take`
 * throws.
 *
 * The reading itself is synchronous: a file in the system's cache is read in less time than it takes to
 * ask for it asynchronously. Now and then everybody else has a turn.
 *
 * @returns in words why the file could not be read
 */
export async function readPieces(
  path: string,
  take: (piece: Buffer, isLast: boolean) => void,
): Promise<Result<undefined, string>> {
  await letOthers();
  const file = openRegular(path);
  if (!file.ok) return file;
  try {
    return await readAll(file.value, take);
  } finally {
    closeSync(file.value.descriptor);
  }
}

async function readAll(
  { descriptor, size }: RegularFile,
  take: (piece: Buffer, isLast: boolean) => void,
): Promise<Result<undefined, string>> {
  const buffer = takeBuffer(size);
  /** How much of the file has been read, and how much of that is at the beginning of the buffer. */
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
    await letOthers();
  }
  take(buffer.subarray(0, held), true);
  if (buffer.length === PIECE) spare = buffer;
  return ok(undefined);
}
