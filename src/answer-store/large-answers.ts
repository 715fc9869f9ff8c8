/**
 * Large answers, such as images: files beside the pages of the store, named by the hash of their bytes (content
 * addressing). A file is whole under its name before an entry names it, so a kill leaves no entry without its file. A
 * power cut may: what does not have the bytes of its name counts as not stored, and the model is asked again.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile, link, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Longer texts, in UTF-16 units, are kept in files: LMDB is at its best with what fits into a few pages. */
export const largeText = 64 * 2 ** 10;

/** What an entry has in place of its text. */
export interface LargeText {
  readonly sha256: string;
  readonly bytes: number;
}

let count = 0;

/** Writes a text to its file. A damaged file under its name is replaced. */
export async function writeLarge(store: string, text: string): Promise<LargeText> {
  const bytes = Buffer.from(text);
  const sha256 = hashOf(bytes);
  const file = fileOf(store, sha256);
  await mkdir(dirname(file), { recursive: true });
  count += 1;
  const unfinished = `${file}.${process.pid}-${count}`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, file);
  return { sha256, bytes: bytes.length };
}

/** `undefined` if the file is missing or damaged. */
export function readLarge(store: string, { sha256 }: LargeText): string | undefined {
  if (!/^[\da-f]{64}$/.test(sha256)) return undefined;
  try {
    const bytes = readFileSync(fileOf(store, sha256));
    return hashOf(bytes) === sha256 ? bytes.toString('utf8') : undefined;
  } catch {
    return undefined;
  }
}

/** Takes a file over into another store, without a copy where the file system can. */
export async function takeLarge(from: string, to: string, { sha256 }: LargeText): Promise<void> {
  const [source, target] = [fileOf(from, sha256), fileOf(to, sha256)];
  await mkdir(dirname(target), { recursive: true });
  await link(source, target).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOENT') await copyFile(source, target);
  });
}

const fileOf = (store: string, sha256: string): string => join(store, 'large', sha256.slice(0, 2), sha256);

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
