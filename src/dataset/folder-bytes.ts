import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How much the files right inside a folder take; 0 when there is none. */
export async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
