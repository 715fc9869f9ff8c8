import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/**
 * The command that installs an optional package where this program finds it: `--global` beside a global installation,
 * else in the project.
 */
export function installCommand(name: string): string {
  const folder = fileURLToPath(packageFolder());
  const isInstalled = basename(dirname(folder)) === 'node_modules';
  const isInProject = folder.startsWith(process.cwd() + sep);
  return `npm install ${isInstalled && !isInProject ? '--global ' : ''}${name}`;
}
