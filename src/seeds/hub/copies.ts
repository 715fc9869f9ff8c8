/**
 * Copies of a dataset's files, in the layout of Hugging Face's own cache: `blobs/` by their content's hash, and links to
 * them in `snapshots/COMMIT/`. What a pattern named in a commit is written down once all of it is there, so that a
 * download that was interrupted is never taken for the whole, and a run without a network finds the files.
 */
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { isObject, jsonIn } from '../../core/json.js';
import { isList } from '../../core/paths.js';
import type { HubAddress } from './address.js';

/** The files of a pattern, all of them downloaded. */
export interface Copies {
  readonly commit: string;
  /** Paths in the repository. */
  readonly files: readonly string[];
  /** The last time it was not possible to ask the Hub whether they have changed. */
  readonly isUnchecked: boolean;
}

const listOf = ({ folder, revision, pattern }: HubAddress): string =>
  join(folder, 'dd', `${hash('sha256', JSON.stringify([revision, pattern])).slice(0, 32)}.json`);

/** The copies that are complete; `undefined` when there are none. */
export function findCopies(address: HubAddress): Copies | undefined {
  const file = listOf(address);
  const found = existsSync(file) ? jsonIn(readFileSync(file, 'utf8')) : undefined;
  if (!isObject(found)) return undefined;
  const { commit, files, isUnchecked } = found;
  if (typeof commit !== 'string' || !isList(files)) return undefined;
  const copies = { commit, files: files.map(String), isUnchecked: isUnchecked === true };
  return pathsOf(address, copies).every((path) => existsSync(path)) ? copies : undefined;
}

/** Writes down which files there are. */
export function noteCopies(address: HubAddress, copies: Copies): void {
  const file = listOf(address);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(copies)}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

export const pathsOf = ({ folder }: HubAddress, { commit, files }: Copies): readonly string[] =>
  files.map((file) => join(folder, 'snapshots', commit, file));

/** A file of the Hub: where it is, and the hash of its content. */
export interface HubFile {
  readonly path: string;
  readonly oid: string;
}

/** Makes the copy of a file, which is downloaded only if no copy with this content is there. */
export async function keepCopy(
  { folder }: HubAddress,
  commit: string,
  { path, oid }: HubFile,
  download: () => Promise<Blob>,
): Promise<void> {
  const [blob, link] = [join(folder, 'blobs', oid), join(folder, 'snapshots', commit, path)];
  if (existsSync(link)) return;
  for (const each of [blob, link]) mkdirSync(dirname(each), { recursive: true });
  if (!existsSync(blob)) {
    const incomplete = `${blob}.${process.pid}.incomplete`;
    try {
      const bytes = (await download()).stream() as ReadableStream;
      await pipeline(Readable.fromWeb(bytes), createWriteStream(incomplete));
      renameSync(incomplete, blob);
    } finally {
      rmSync(incomplete, { force: true });
    }
  }
  rmSync(link, { force: true });
  symlinkSync(relative(dirname(link), blob), link);
}
