import { closeSync, readSync } from 'node:fs';
import { attempt, openRegular } from '../../core/regular-file.js';

/** True when a regular file begins with these bytes. */
export function beginsWith(path: string, magic: string): boolean {
  const file = openRegular(path);
  if (!file.ok) return false;
  const head = Buffer.alloc(magic.length);
  const read = attempt(() => readSync(file.value.descriptor, head, 0, head.length, 0));
  closeSync(file.value.descriptor);
  return read.ok && head.toString('latin1') === magic;
}
