import { access, constants, open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs every file below a folder to the disk: a rename may survive a power cut that the content does not. */
export async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), 'r+');
    await file.sync().finally(() => file.close());
  }
}

/**
 * Replaces the text of a file in one step: readers see the old text or the new one, also after a crash. Follows
 * links, keeps the mode and the owner. Rejects, with the file unchanged, when there is none or it may not be written.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  // A rename needs no right to the file itself.
  await access(target, constants.W_OK);
  const { default: writeFileAtomic } = await import('write-file-atomic');
  await writeFileAtomic(target, text);
}
