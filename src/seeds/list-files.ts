import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dirent } from 'node:fs';
import { byCodePoint } from '../core/code-points.js';
import { errorCode } from '../core/regular-file.js';
import type { SeedNote } from '../core/events.js';
import type { SeedError } from './types.js';

export interface FoundFile {
  /** Path below the folder, `/` between parts. */
  readonly path: string;
  /** Of a link: the file it leads to, absolute and with all links resolved. */
  readonly target: string | undefined;
}

/** The files below a folder. */
export interface Listing {
  /** In code-point order of their paths. */
  readonly files: readonly FoundFile[];
  /** Folders, broken links and the like whose name would be that of a file to read. */
  readonly notes: readonly Omit<SeedNote, 'count'>[];
}

/**
 * Lists the regular files below a folder, with hidden ones and links to files. Links to folders are not
 * followed, since they may form circles. Nothing is opened, so pipes and devices cannot block; a pipe, device,
 * folder or broken link with a matching name is noted.
 *
 * Written by hand because glob libraries do not report folders that they cannot list.
 *
 * @param matches true for base names that the caller will look at
 */
export async function listFiles(
  root: string,
  recursive: boolean,
  matches: (name: string) => boolean,
): Promise<Listing> {
  const files: FoundFile[] = [];
  const notes: Omit<SeedNote, 'count'>[] = [];
  await list('');
  return {
    files: files.sort((a, b) => byCodePoint(a.path, b.path)),
    notes: notes.sort((a, b) => byCodePoint(a.source, b.source)),
  };

  async function list(folder: string): Promise<void> {
    const others: Promise<void>[] = [];
    for (const entry of await entriesOf(folder)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) files.push({ path, target: undefined });
      else others.push(listOther(entry, path));
    }
    await Promise.all(others);
  }

  async function listOther(entry: Dirent, path: string): Promise<void> {
    const other = await lookAt(entry, join(root, path));
    if ('target' in other) files.push({ path, target: other.target });
    else if (matches(entry.name)) note(path, other.is);
    if (entry.isDirectory() && recursive) await list(path);
  }

  async function entriesOf(folder: string): Promise<readonly Dirent[]> {
    try {
      return await readdir(join(root, folder), { withFileTypes: true });
    } catch (error) {
      note(folder, `the folder cannot be read (${errorCode(error)})`);
      return [];
    }
  }

  function note(source: string, reason: string): void {
    notes.push({ kind: 'filtered', source, reason });
  }
}

/** The file that a link leads to, or a description of what is there instead of a file. */
async function lookAt(
  entry: Dirent,
  path: string,
): Promise<{ readonly target: string } | { readonly is: string }> {
  if (entry.isDirectory()) return { is: 'is a folder, not a file' };
  if (!entry.isSymbolicLink()) return { is: 'is not a regular file' };
  try {
    const target = await realpath(path);
    const stats = await stat(target);
    if (stats.isFile()) return { target };
    return {
      is: stats.isDirectory()
        ? 'is a link to a folder; links to folders are not followed'
        : 'is not a regular file',
    };
  } catch (error) {
    return { is: `is a broken link (${errorCode(error)})` };
  }
}

/**
 * A matcher for base names: `*` matches any run of characters, `?` one, `[abc]` and `[!abc]` one of a set;
 * everything else matches itself. Upper and lower case differ.
 */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern.replaceAll(/\[(!?)([^\]]+)\]|\*+|[^]/g, (part, not?: string, set?: string) => {
    if (set !== undefined)
      return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\^[\]]/g, String.raw`\$&`)}]`;
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    return part.replace(/[\\^$.|+()[\]{}]/, String.raw`\$&`);
  });
  const expression = new RegExp(`^${source}$`, 'su');
  return (path) => expression.test(path.slice(path.lastIndexOf('/') + 1));
}

/** The mistake in a `file_pattern`, if any: it matches base names, not paths. */
export function patternError(pattern: string | null | undefined): SeedError | undefined {
  if (pattern === null || pattern === undefined) return undefined;
  if (pattern.trim() === '') return wrongPattern('the file pattern is an empty text');
  if (/[/\\]/.test(pattern)) {
    return wrongPattern(`the file pattern ${pattern} holds a path; it is matched against file names`);
  }
  try {
    nameMatcher(pattern);
    return undefined;
  } catch {
    return wrongPattern(`the file pattern ${pattern} is not valid`);
  }
}

function wrongPattern(message: string): SeedError {
  return { key: 'file_pattern', message, hint: 'for example *.jsonl' };
}
