import { existsSync, realpathSync, statSync, watch } from 'node:fs';
import { dirname, relative, sep } from 'node:path';

/** Tells when one of some files may have been saved. */
export interface FileWatch {
  /** Watches these from now on, in place of earlier ones. True when any of them was not watched before. */
  set(files: readonly string[]): boolean;
  close(): void;
}

interface FolderWatch {
  /** Another folder may come to stand in a folder's place. */
  readonly inode: number;
  readonly names: Set<string>;
  close(): void;
}

/** Between two looks, where the system has no room for another watcher. */
const POLL_MS = 1000;

/**
 * Watches the folders of files and not the files: editors put a new file in the old one's place. For a folder
 * that is not there, the nearest one above it is watched until it is.
 */
export function watchFiles(onSaved: () => void): FileWatch {
  const folders = new Map<string, FolderWatch>();
  const close = (): void => {
    for (const folder of folders.values()) folder.close();
    folders.clear();
  };
  return {
    set(files) {
      const wanted = namesByFolder(files);
      for (const [folder, { inode, close: letGo }] of folders) {
        if (wanted.has(folder) && inodeOf(folder) === inode) continue;
        letGo();
        folders.delete(folder);
      }
      let hasNew = false;
      for (const [folder, names] of wanted) {
        const known = folders.get(folder)?.names;
        hasNew ||= [...names].some((name) => !known?.has(name));
        if (known) replace(known, names);
        else folders.set(folder, watchFolder(folder, names, onSaved));
      }
      return hasNew;
    },
    close,
  };
}

function watchFolder(folder: string, names: Set<string>, onSaved: () => void): FolderWatch {
  const inode = inodeOf(folder);
  try {
    const watcher = watch(folder, (_, name) => {
      if (name === null || names.has(name)) onSaved();
    });
    // The folder is gone: what is in its place is found when the files are looked for.
    watcher.on('error', onSaved);
    return { inode, names, close: () => watcher.close() };
  } catch {
    const timer = setInterval(onSaved, POLL_MS);
    return { inode, names, close: () => clearInterval(timer) };
  }
}

/** What to look out for, and where: a link may be changed, and what it leads to. */
function namesByFolder(files: readonly string[]): ReadonlyMap<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const file of files.flatMap((path) => [path, ...realPath(path)])) {
    const folder = nearestFolder(dirname(file));
    const [name = ''] = relative(folder, file).split(sep);
    wanted.set(folder, (wanted.get(folder) ?? new Set()).add(name));
  }
  return wanted;
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function realPath(file: string): readonly string[] {
  try {
    return [realpathSync(file)];
  } catch {
    return [];
  }
}

function inodeOf(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.ino ?? 0;
}

function replace(names: Set<string>, by: ReadonlySet<string>): void {
  names.clear();
  for (const name of by) names.add(name);
}
