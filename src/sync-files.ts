import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Brings every file below a folder to the disk itself: a rename may outlive a power cut that its files do not. */
export async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), 'r+');
    await file.sync().finally(() => file.close());
  }
}
