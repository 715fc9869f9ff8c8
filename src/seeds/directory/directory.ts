import { ok } from '../../core/result.js';
import type { SeedType } from '../types.js';
import { DIRECTORY_COLUMNS, DIRECTORY_KEYS, folderFiles, type DirectorySource } from './files.js';

/** Rows for each entry. */
const ROWS_AN_ENTRY = 500;

/** The files of a folder, without what is in them: Data Designer's `DirectorySeedSource`. */
export const directory: SeedType<DirectorySource> = {
  type: 'directory',
  summary: 'A row for each file of a folder: its path and name.',
  redact: true,
  schema: { properties: DIRECTORY_KEYS, required: ['path'] },
  columns: () => DIRECTORY_COLUMNS,
  async open(source, context) {
    const found = await folderFiles(source, context);
    if (!found.ok) return found;
    const { paths, notes, rowOf } = found.value;
    return ok({
      columns: DIRECTORY_COLUMNS,
      entryCount: Math.ceil(paths.length / ROWS_AN_ENTRY),
      notes,
      read: async (entry) => ({
        rows: paths
          .slice(entry * ROWS_AN_ENTRY, (entry + 1) * ROWS_AN_ENTRY)
          .map((path) => rowOf(path, 'directory_file')),
        notes: [],
      }),
    });
  },
};
