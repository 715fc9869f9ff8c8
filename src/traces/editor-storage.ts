import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './format.js';

/**
 * What extensions store in VS Code and in editors made from it, on Linux, macOS, Windows and servers. Of the many places
 * that there are, those of VS Code are named where none exists.
 *
 * @param inner paths below the storage of an editor
 */
export function extensionFolders(machine: Machine, inner: readonly string[]): readonly string[] {
  const folders = storageFolders(machine).flatMap((folder) => inner.map((path) => join(folder, path)));
  const found = folders.filter((folder) => existsSync(folder));
  return found.length > 0 ? found : folders.filter((folder) => /[/\\]Code[/\\]/.test(folder));
}

function storageFolders({ env, homeDir }: Machine): readonly string[] {
  const homes = [
    env['XDG_CONFIG_HOME'] || join(homeDir, '.config'),
    join(homeDir, 'Library', 'Application Support'),
    ...(env['APPDATA'] ? [env['APPDATA']] : []),
  ];
  const editors = ['Code', 'Code - Insiders', 'VSCodium', 'Cursor', 'Windsurf'];
  const servers = ['.vscode-server', '.vscode-server-insiders', '.cursor-server'];
  return [
    ...homes.flatMap((home) => editors.map((name) => join(home, name, 'User', 'globalStorage'))),
    ...servers.map((name) => join(homeDir, name, 'data', 'User', 'globalStorage')),
  ];
}
