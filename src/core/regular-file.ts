import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isObject } from './json.js';
import { err, ok, type Result } from './result.js';

/** An open file; whoever opened it closes it. */
export interface RegularFile {
  readonly descriptor: number;
  /** As it was when the file was opened: what is appended meanwhile is for the next time. */
  readonly size: number;
}

/** Opens a regular file, or says in words why there is none. Never throws, and never waits for a pipe. */
export function openRegular(path: string): Result<RegularFile, string> {
  // What was a file when it was found may be a pipe now, and opening one waits for a writer.
  const opened = attempt(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!opened.ok) return opened;
  const descriptor = opened.value;
  const stats = attempt(() => fstatSync(descriptor));
  if (stats.ok && stats.value.isFile()) return ok({ descriptor, size: stats.value.size });
  closeSync(descriptor);
  if (!stats.ok) return stats;
  return err(stats.value.isDirectory() ? 'is a folder, not a file' : 'is not a regular file');
}

/** What a file operation gives, or in words why the system refused it. */
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

/** `EACCES`, `ENOENT`, …: why the system refused. */
export function errorCode(error: unknown): string {
  return isObject(error) && typeof error['code'] === 'string' ? error['code'] : String(error);
}
