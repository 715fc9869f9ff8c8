import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { err, ok, type Result } from '../../result.js';
import { cannotRead, openRegular, type RegularFile } from '../regular-file.js';

/** What Node's own functions read at most. */
const MAX_BYTES = 2 ** 31 - 1;

const CHUNK = 2 ** 26;

const readSome = promisify(read);

/** The bytes of a regular file, or in words why there are none. Never rejects, and never waits for a pipe. */
export async function readBytes(path: string): Promise<Result<Buffer, string>> {
  const file = openRegular(path);
  if (!file.ok) return file;
  const { descriptor, size } = file.value;
  try {
    if (size > MAX_BYTES) return err(`is too large (${size} bytes; at most ${MAX_BYTES} are read)`);
    return ok(await readAll(file.value));
  } catch (error) {
    return cannotRead(error);
  } finally {
    closeSync(descriptor);
  }
}

async function readAll({ descriptor, size }: RegularFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const room = Math.min(CHUNK, size - length);
    const { bytesRead } = await readSome(descriptor, bytes, length, room, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
