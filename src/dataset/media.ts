/**
 * The media files of a dataset, and the files that its rows may read.
 *
 * Written: `images/COLUMN/HASH.EXT` beside `data/`, named by the hash of their bytes, so that the same answers make the
 * same files whatever a run was interrupted by. While rows are made, a file lies in a pool beside it; it is moved when a
 * row that names it is written. What no row names is removed at the end.
 *
 * Read: paths are values of seeds, which anybody may have written. Only files below the folder of the recipe or of the
 * seed are read, after links are resolved, and nothing whose name begins with a dot. The home folder itself, and what is
 * above it, is no such folder.
 */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { link, mkdir, readFile, realpath, rename, rm, stat, writeFile, copyFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { MediaFiles } from '../columns/types.js';
import { expandHome } from '../core/home.js';
import type { JsonObject } from '../core/json.js';
import { largestMedia, mediaTypeOf } from '../core/media-type.js';
import { openRegular } from '../core/regular-file.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plan } from '../engine/types.js';
import { isOwnPath, ownPaths } from './pictures.js';

/** The folder of images beside `data/`. */
export const IMAGES = 'images';

const POOL = '.media';

export interface MediaFolder extends MediaFiles {
  /** Puts the files that a row names into the dataset. */
  place(row: JsonObject): Promise<void>;
  /** Removes the files that no row names. */
  close(): Promise<void>;
}

/** @param folder the staging folder of the dataset */
export function openMediaFolder(folder: string, { roots, datasets }: MediaPlaces): MediaFolder {
  const pool = join(folder, POOL);
  let hasFiles = false;
  /** Equal images of rows that are made at the same time are written once. */
  const writing = new Map<string, Promise<void>>();
  return {
    read: async (path) => {
      const own = isOwnPath(path) ? await firstOf([folder, pool], path) : undefined;
      return own ? ok(own) : readBelow(path, roots);
    },
    async keep(column, bytes, extension) {
      const path = pathOf(column, bytes, extension);
      hasFiles = true;
      const write = async (): Promise<void> => {
        if ((await exists(join(folder, path))) || (await exists(join(pool, path)))) return;
        await mkdir(dirname(join(pool, path)), { recursive: true });
        await writeFile(join(pool, path), bytes);
      };
      const written = writing.get(path) ?? write().finally(() => writing.delete(path));
      writing.set(path, written);
      await written;
      return path;
    },
    async place(row) {
      for (const dataset of datasets) await copyMedia(row, dataset, folder);
      if (!hasFiles) return;
      for (const path of ownPaths(row)) {
        if (!(await exists(join(pool, path)))) continue;
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await rename(join(pool, path), join(folder, path));
      }
    },
    close: () => rm(pool, { recursive: true, force: true }),
  };
}

/** The most bytes of images in memory; one may be more. */
const MEMORY = 128 * 2 ** 20;

/** For previews and for looking at prompts: nothing is written. */
export function mediaInMemory({ roots }: MediaPlaces): MediaFiles {
  const kept = new Map<string, Buffer>();
  let bytesKept = 0;
  return {
    async read(path) {
      const own = kept.get(path);
      return own ? ok(own) : readBelow(path, roots);
    },
    async keep(column, bytes, extension) {
      const path = pathOf(column, bytes, extension);
      if (!kept.has(path)) bytesKept += bytes.length;
      kept.set(path, bytes);
      // Columns of the same row read an image, and rows behind it do not.
      for (const [oldest, { length }] of kept) {
        if (bytesKept <= MEMORY) break;
        kept.delete(oldest);
        bytesKept -= length;
      }
      return path;
    },
  };
}

/** Copies the files that a row of another dataset names. They are linked where the file system can. */
export async function copyMedia(row: JsonObject, from: string, to: string): Promise<void> {
  for (const path of ownPaths(row)) {
    const [source, target] = [join(from, path), join(to, path)];
    if ((await exists(target)) || !(await isWithin(from, path))) continue;
    await mkdir(dirname(target), { recursive: true });
    await link(source, target).catch(() => copyFile(source, target));
  }
}

/** A picture of a dataset, to show or to publish. */
export interface PictureFile {
  readonly bytes: Buffer;
  /** From the bytes: a name says nothing. */
  readonly mime: string;
}

/**
 * Reads a picture of a dataset by its path in a row. `undefined` for anything else: what is not below its `images/`, also
 * through a link, what is too large, and what is by its bytes no PNG, JPEG, GIF or WebP of the extension in its name.
 */
export async function readPicture(folder: string, path: string): Promise<PictureFile | undefined> {
  if (!isOwnPath(path) || !(await isWithin(folder, path))) return undefined;
  const bytes = readRegular(join(folder, path), path);
  const type = bytes.ok ? mediaTypeOf(bytes.value) : bytes;
  if (!bytes.ok || !type.ok || type.value.modality !== 'image') return undefined;
  return path.endsWith(`.${type.value.extension}`)
    ? { bytes: bytes.value, mime: type.value.mime }
    : undefined;
}

/**
 * Puts a picture of a dataset into another folder, under the same path: whole, or not at all. Returns whether it is there.
 * One that is there already is kept: its name is the hash of its bytes.
 */
export async function copyPicture(from: string, path: string, to: string): Promise<boolean> {
  const picture = await readPicture(from, path);
  if (!picture) return false;
  const target = join(to, path);
  if (await exists(target)) return true;
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.${randomUUID()}.tmp`;
  await writeFile(draft, picture.bytes);
  await rename(draft, target);
  return true;
}

/** Where rows may have files from. */
export interface MediaPlaces {
  /** Folders whose files are read: those of the recipe, of a seed of files and of `datasets`. */
  readonly roots: readonly string[];
  /** Datasets that the seed is made of: rows take their images along. */
  readonly datasets: readonly string[];
}

export function mediaPlaces({ file, seed }: Pick<Plan, 'file' | 'seed'>): MediaPlaces {
  const base = dirname(resolve(file));
  const path = seed?.config.source['path'];
  const source =
    typeof path === 'string' && !/^[a-z\d]+:\/\//i.test(path)
      ? [folderOf(resolve(base, expandHome(path, homedir())))]
      : [];
  const parents = source.filter((folder) => basename(folder) === 'data').map(dirname);
  const datasets = [
    ...(seed?.datasets ?? []),
    ...parents.filter((folder) => existsSync(join(folder, 'metadata.json'))),
  ];
  return { roots: [...new Set([base, ...source, ...datasets])], datasets };
}

function pathOf(column: string, bytes: Buffer, extension: string): string {
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  return `${IMAGES}/${column}/${name}.${extension}`;
}

/** The folder of a file, or of a pattern's part without wildcards. */
function folderOf(source: string): string {
  const parts = source.split(sep);
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  const plain = wild === -1 ? source : parts.slice(0, wild).join(sep) || sep;
  return wild === -1 && /\.[a-z\d]+$/i.test(plain) ? dirname(plain) : plain;
}

function readBelow(path: string, roots: readonly string[]): Result<Buffer, string> {
  if (path.includes('\0')) return err('it is no path');
  const allowed = roots.filter((root) => !isAbove(real(root) ?? root, real(homedir()) ?? homedir()));
  if (allowed.length === 0)
    return err(
      'no files are read in the home folder itself: put the recipe and its files into a folder of their own',
    );
  let isThere = false;
  for (const root of allowed) {
    const place = real(root);
    const target = place === undefined ? undefined : real(resolve(place, path));
    if (place === undefined || target === undefined) continue;
    isThere = true;
    const inside = relative(place, target);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) continue;
    if (inside.split(sep).some((part) => part.startsWith('.')))
      return err(`${path}: no file is read whose path has a name that begins with a dot`);
    return readRegular(target, path);
  }
  const where = allowed.map((root) => `\`${root}\``).join(' or ');
  return err(
    isThere ? `${path} is not below ${where}: no other file is read` : `there is no ${path} in ${where}`,
  );
}

function readRegular(target: string, path: string): Result<Buffer, string> {
  const opened = openRegular(target);
  if (!opened.ok) return err(`${path} ${opened.error}`);
  const { descriptor, size } = opened.value;
  try {
    if (size > largestMedia) return err(`${path} has more than ${largestMedia / 2 ** 20} MB`);
    return ok(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/** True for the home folder and what it is in. */
const isAbove = (root: string, home: string): boolean => {
  const inside = relative(root, home);
  return !inside.startsWith('..') && !isAbsolute(inside);
};

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * True for a file of the folder. A dataset may come from anywhere: a link in it would put a file from outside into another
 * dataset, and reading a pipe would never end.
 */
export async function isWithin(folder: string, path: string): Promise<boolean> {
  try {
    const place = await realpath(join(folder, path));
    return place === join(await realpath(folder), path) && (await stat(place)).isFile();
  } catch {
    return false;
  }
}

async function firstOf(folders: readonly string[], path: string): Promise<Buffer | undefined> {
  for (const folder of [...folders, ...folders.slice(0, 1)]) {
    const bytes = (await isWithin(folder, path))
      ? await readFile(join(folder, path)).catch(() => undefined)
      : undefined;
    if (bytes) return bytes;
  }
  return undefined;
}
