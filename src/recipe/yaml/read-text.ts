import { readFileSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';

import { err, ok, type Result } from '../../core/result.js';
import type { UnplacedProblem } from '../../core/problem.js';
import { nearest } from '../../core/suggest.js';

/** Larger than any recipe or schema that was written by hand. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Reads a text file that the user or a recipe named. The message follows the name of the file: "does not exist".
 *
 * @param mayBePipe for files of the command line: `dd validate <(…)`. A recipe cannot name a pipe, because reading
 * one may never end
 */
export async function readText(file: string, mayBePipe = false): Promise<Result<string, UnplacedProblem>> {
  try {
    // Synchronous, because for many small files that is faster.
    const about = statSync(file);
    if (about.isDirectory()) return err(unreadable('is a folder, not a file', await onlyFile(file)));
    const isPipe = mayBePipe && about.isFIFO();
    if (!about.isFile() && !isPipe) return err(unreadable('is not a regular file'));
    if (about.size > MAX_BYTES) return err({ code: 'file-too-large', message: 'is larger than 5 MB' });
    return decode(isPipe ? await readFile(file) : readFileSync(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return err(await missing(file));
    if (code === 'EACCES' || code === 'EPERM')
      return err(unreadable('cannot be read', 'check its permissions'));
    return err(unreadable(`cannot be read (${code})`));
  }
}

const unreadable = (message: string, hint?: string): UnplacedProblem => ({
  code: 'file-unreadable',
  message,
  ...(hint === undefined ? {} : { hint }),
});

async function missing(file: string): Promise<UnplacedProblem> {
  const near = nearest(basename(file), await namesIn(dirname(file)));
  return {
    code: 'file-not-found',
    message: 'does not exist',
    ...(near ? { hint: `did you mean \`${near}\`?` } : {}),
  };
}

async function onlyFile(folder: string): Promise<string | undefined> {
  const recipe = (await namesIn(folder)).find((name) => ['.yaml', '.yml'].includes(extname(name)));
  return recipe === undefined ? undefined : `for example ${basename(folder)}/${recipe}`;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

function decode(bytes: Uint8Array): Result<string, UnplacedProblem> {
  try {
    // Keeps a byte order mark, so that offsets match the file.
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return err(unreadable('is not UTF-8 text', 'save it as UTF-8'));
  }
}
