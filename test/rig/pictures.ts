import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pngOf, sha256 } from './media.js';

/** The path of a picture in rows, named by the hash of its bytes as a run does. */
export const picturePath = (bytes: Buffer, extension = 'png', column = 'picture'): string =>
  `images/${column}/${sha256(bytes).slice(0, 32)}.${extension}`;

/** Puts a picture into the folder of a dataset; returns its path. */
export async function writePicture(
  dataset: string,
  bytes: Buffer = pngOf('a'),
  extension = 'png',
): Promise<string> {
  const path = picturePath(bytes, extension);
  await mkdir(dirname(join(dataset, path)), { recursive: true });
  await writeFile(join(dataset, path), bytes);
  return path;
}

/** The column of pictures. */
export const PICTURE = {
  name: 'picture',
  schema: { type: 'array', items: { type: 'string' } },
  from: 'column',
} as const;
