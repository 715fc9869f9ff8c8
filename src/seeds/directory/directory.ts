import { ok } from '../../core/result.js';
import { entriesOfRows } from '../entries.js';
import type { SeedType } from '../types.js';
import { DIRECTORY_COLUMNS, DIRECTORY_KEYS, folderFiles, type DirectorySource } from './files.js';

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
      notes,
      ...entriesOfRows(paths.length, (index) => rowOf(paths[index] ?? '', 'directory_file')),
    });
  },
};
