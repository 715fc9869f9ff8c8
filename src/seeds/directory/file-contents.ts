import { err, ok } from '../../core/result.js';
import { readBytes } from '../files.js';
import type { SeedType } from '../types.js';
import { textDecoder } from './encodings.js';
import { DIRECTORY_COLUMNS, DIRECTORY_KEYS, folderFiles, type DirectorySource } from './files.js';

type FileContentsSource = DirectorySource & {
  /** Default: UTF-8. */
  readonly encoding?: string;
};

const columns = [...DIRECTORY_COLUMNS, { name: 'content', schema: { type: 'string' } }];

/**
 * The texts of a folder's files, one in memory at a time: Data Designer's `FileContentsSeedSource`. A file that is no
 * text in this encoding gives no row and is counted, so that one picture in a folder of texts does not stop a run.
 */
export const fileContents: SeedType<FileContentsSource> = {
  type: 'file_contents',
  summary: 'A row for each file of a folder, with its text.',
  redact: true,
  schema: {
    properties: {
      ...DIRECTORY_KEYS,
      encoding: {
        type: 'string',
        minLength: 1,
        default: 'utf-8',
        description:
          'The encoding of the files, as Python or the web names it: utf-8, latin-1, cp1252, utf-16, shift_jis, …',
      },
    },
    required: ['path'],
  },
  columns: () => columns,
  async open(source, context) {
    const { encoding = 'utf-8' } = source;
    const decode = textDecoder(encoding);
    if (!decode)
      return err({
        key: 'encoding',
        message: `there is no encoding \`${encoding}\``,
        hint: 'for example utf-8, latin-1, cp1252, utf-16 or shift_jis',
      });
    const found = await folderFiles(source, context);
    if (!found.ok) return found;
    const { paths, notes, rowOf, absolute } = found.value;
    return ok({
      columns,
      entryCount: paths.length,
      notes,
      async read(entry) {
        const path = paths[entry];
        if (path === undefined) return { rows: [], notes: [] };
        const bytes = readBytes(absolute(path));
        const content = bytes.ok ? decode(bytes.value) : undefined;
        if (content !== undefined) return { rows: [{ ...rowOf(path, 'file_contents'), content }], notes: [] };
        const reason = bytes.ok ? `is not text in ${encoding}` : bytes.error;
        return { rows: [], notes: [{ kind: 'filtered', source: absolute(path), reason, count: 1 }] };
      },
    });
  },
};
