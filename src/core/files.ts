import { randomUUID } from 'node:crypto';
import { open, readdir, access, chmod, constants, realpath, rename, rm, stat } from 'node:fs/promises';
import { join, basename, dirname } from 'node:path';

/** Brings every file below a folder to the disk itself: a rename may outlive a power cut that its files do not. */
export async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = await open(join(entry.parentPath, entry.name), 'r+');
    await file.sync().finally(() => file.close());
  }
}

/**
 * Puts another text in the place of a file in one step: whoever reads it sees the old one or the new one, also
 * after a crash. A link stays one, and the file it leads to is replaced. The file keeps its mode. Rejects, with
 * the file as it was, where it may not be written.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  // A rename asks for no right to the file itself.
  await access(target, constants.W_OK);
  const { mode } = await stat(target);
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, mode & 0o7777);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
