import { randomUUID } from 'node:crypto';
import { access, chmod, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
