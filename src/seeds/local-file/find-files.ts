import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { err, ok, type Result } from '../../core/result.js';
import { didYouMean } from '../../core/suggest.js';
import { namesIn } from '../files.js';

/** Why no file was found. */
export interface NotFound {
  readonly message: string;
  readonly hint?: string;
}

/**
 * The files that a path names: itself, or those that match it as a glob (`*.csv`, `part-*.jsonl`, `2024/**` and so on),
 * in the order of their paths. Names that begin with a dot are left out. A part of the path that is there as it is
 * written is no pattern, whatever is in its name.
 *
 * @param path absolute
 * @param asWritten in the recipe, for messages
 */
export function findFiles(path: string, asWritten: string): Result<readonly string[], NotFound> {
  if (existsSync(path)) return ok([path]);
  const folder = literalFolder(path);
  const pattern = relative(folder, path).split(sep).join('/');
  if (!isDynamicPattern(pattern.split('/')[0] ?? '')) return missing(join(folder, pattern), asWritten);
  const found = globSync(pattern, {
    cwd: folder,
    caseSensitiveMatch: false,
    expandDirectories: false,
    onlyFiles: false,
    followSymbolicLinks: false,
  });
  const files = found
    .sort()
    .map((name) => join(folder, name))
    .filter(isNoFolder);
  return files.length > 0 ? ok(files) : err({ message: `no file is called \`${asWritten}\`` });
}

function missing(path: string, asWritten: string): Result<never, NotFound> {
  const names = namesIn(dirname(path));
  if (!names) return err({ message: `the folder of \`${asWritten}\` does not exist` });
  const hint = didYouMean(basename(path), names);
  return err({ message: `\`${asWritten}\` does not exist`, ...(hint !== undefined && { hint }) });
}

/** The longest beginning of a path that is there. */
function literalFolder(path: string): string {
  const folder = dirname(path);
  return folder === path || existsSync(folder) ? folder : literalFolder(folder);
}

/** Links are followed, so that a linked file is read; a pipe is refused when it is opened. */
function isNoFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}
