import { readFileSync } from 'node:fs';
import { packageFolder } from './package-folder.js';

/** The version of this package. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageFolder()), 'utf8'));
  return (manifest as { version: string }).version;
}
