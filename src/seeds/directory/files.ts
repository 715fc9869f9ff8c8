import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { SeedNote } from '../../core/events.js';
import { expandHome } from '../../core/home.js';
import type { JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { listFiles, nameMatcher, patternError } from '../list-files.js';
import type { SeedColumn, SeedContext, SeedError } from '../types.js';

/** Keys of seeds that read the files of a folder, named as in Data Designer. */
export type DirectorySource = {
  readonly path: string;
  /** Base names. Default: all. */
  readonly file_pattern?: string;
  /** Default: true. */
  readonly recursive?: boolean;
};

export const DIRECTORY_KEYS: JsonObject = {
  path: {
    type: 'string',
    minLength: 1,
    description: 'A folder; relative to the recipe or starting with ~.',
  },
  file_pattern: {
    type: 'string',
    minLength: 1,
    pattern: String.raw`^[^/\\]*$`,
    patternErrorMessage: 'a pattern of file names, without a folder, such as *.md',
    default: '*',
    description: 'Pattern of file names (*, ?, [abc]), without their folder. Upper and lower case differ.',
  },
  recursive: { type: 'boolean', default: true, description: 'Also read sub-folders.' },
};

export const DIRECTORY_COLUMNS: readonly SeedColumn[] = [
  'source_kind',
  'source_path',
  'relative_path',
  'file_name',
].map((name) => ({ name, schema: { type: 'string' } }));

export interface FolderFiles {
  /** Paths below the folder, `/` between parts, in code-point order. */
  readonly paths: readonly string[];
  readonly notes: readonly SeedNote[];
  /** The row of a file: where it is. */
  rowOf(path: string, kind: string): JsonObject;
  absolute(path: string): string;
}

/** The files of a folder whose names match. Hidden ones are left out, unless the pattern begins with a dot. */
export async function folderFiles(
  { path, file_pattern: pattern = '*', recursive = true }: DirectorySource,
  { baseDir, homeDir }: Pick<SeedContext, 'baseDir' | 'homeDir'>,
): Promise<Result<FolderFiles, SeedError>> {
  const wrongPattern = patternError(pattern);
  if (wrongPattern) return err(wrongPattern);
  const folder = resolve(baseDir, expandHome(path, homeDir));
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory())
    return err({ key: 'path', message: `\`${path}\` ${stats ? 'is not a folder' : 'does not exist'}` });
  const matches = nameMatcher(pattern);
  const isWanted = (file: string): boolean => matches(file) && (pattern.startsWith('.') || !isHidden(file));
  const { files, notes } = await listFiles(folder, recursive, isWanted);
  const paths = files.map((file) => file.path).filter(isWanted);
  if (paths.length === 0)
    return err({ key: 'file_pattern', message: `no file in \`${path}\` is called \`${pattern}\`` });
  const absolute = (file: string): string => join(folder, file);
  return ok({
    paths,
    absolute,
    notes: notes.map((note) => ({ ...note, source: absolute(note.source), count: 1 })),
    rowOf: (file, kind) => ({
      source_kind: kind,
      source_path: absolute(file),
      relative_path: file,
      file_name: basename(file),
    }),
  });
}

const isHidden = (path: string): boolean => /(?:^|\/)\./.test(path);
