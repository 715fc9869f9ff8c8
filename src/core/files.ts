import { access, constants, open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs every file below a folder to disk, because after a power cut a rename can be there without the content. */
export async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), 'r+');
    await file.sync().finally(() => file.close());
  }
}

/**
 * Replaces the text of a file atomically: readers see the old text or the new one, also after a crash. Follows
 * links, keeps the mode and the owner. Rejects, and changes nothing, when the file is missing or not writable.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  // A rename does not need write permission on the file itself.
  await access(target, constants.W_OK);
  const { default: writeFileAtomic } = await import('write-file-atomic');
  await writeFileAtomic(target, text);
}
