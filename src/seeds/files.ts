import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { outOfMemory, roomForText } from '../core/memory.js';
import { cannotRead, openRegular } from '../core/regular-file.js';
import { err, ok, type Result } from '../core/result.js';

/** The names in a folder; `undefined` when it cannot be read. */
export function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

/** The bytes of a file, or in words why it cannot be read. Never waits for a pipe or reads a device. */
export function readBytes(file: string): Result<Buffer, string> {
  const opened = openRegular(file);
  if (!opened.ok) return opened;
  const { descriptor, size } = opened.value;
  try {
    if (size > roomForText()) return err(outOfMemory().message);
    return ok(readFileSync(descriptor));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE') return err(TOO_LARGE);
    return cannotRead(error);
  } finally {
    closeSync(descriptor);
  }
}

export const TOO_LARGE = 'is too large to be read as one; divide it, and name all parts with *';
