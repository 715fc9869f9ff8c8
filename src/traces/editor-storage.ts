import { join } from 'node:path';
import type { Machine } from './format.js';

/** Where VS Code keeps what extensions store, on Linux, macOS and Windows. */
export function storageFolders({ env, homeDir }: Machine): readonly string[] {
  const homes = [
    join(homeDir, '.config'),
    join(homeDir, 'Library', 'Application Support'),
    ...(env['APPDATA'] ? [env['APPDATA']] : []),
  ];
  return homes.map((home) => join(home, 'Code', 'User', 'globalStorage'));
}
