import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isObject } from './json.js';
import { err, ok, type Result } from './result.js';

/** An open file; the caller closes it. */
export interface RegularFile {
  readonly descriptor: number;
  /** The size when the file was opened; later appends are not read. */
  readonly size: number;
}

/** Opens a regular file, or returns the reason in words. Never throws, and never blocks on a pipe. */
export function openRegular(path: string): Result<RegularFile, string> {
  // The path may have become a pipe, and opening a pipe blocks until it has a writer.
  const opened = attempt(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!opened.ok) return opened;
  const descriptor = opened.value;
  const stats = attempt(() => fstatSync(descriptor));
  if (stats.ok && stats.value.isFile()) return ok({ descriptor, size: stats.value.size });
  closeSync(descriptor);
  if (!stats.ok) return stats;
  return err(stats.value.isDirectory() ? 'is a folder, not a file' : 'is not a regular file');
}

/** The result of a file operation, or the reason in words why it failed. */
export function attempt<T>(operation: () => T): Result<T, string> {
  try {
    return ok(operation());
  } catch (error) {
    return cannotRead(error);
  }
}

export function cannotRead(error: unknown): Result<never, string> {
  return err(`cannot be read (${errorCode(error)})`);
}

/** The error code of the system: `EACCES`, `ENOENT`, … */
export function errorCode(error: unknown): string {
  return isObject(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
