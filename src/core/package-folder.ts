import { existsSync, readFileSync } from 'node:fs';

/** The folder of this package, with a trailing slash: the nearest one above this module with a package.json. */
export function packageFolder(): URL {
  let folder = new URL('.', import.meta.url);
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder);
  return folder;
}

/** The version of this package. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageFolder()), 'utf8'));
  return (manifest as { version: string }).version;
}
