import { realpath } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The real path of a plugin's file; `undefined` when it is missing. Does not run it.
 *
 * @param from the recipe, or a folder with a trailing slash, from which paths and package names are resolved
 */
export async function findPlugin(specifier: string, from: string): Promise<string | undefined> {
  const { resolve } = await import('import-meta-resolve');
  try {
    const url = resolve(specifier, pathToFileURL(from).href);
    return url.startsWith('file:') ? await realpath(fileURLToPath(url)) : undefined;
  } catch {
    return undefined;
  }
}
