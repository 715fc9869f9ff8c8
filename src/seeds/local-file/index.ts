import { extname, resolve } from 'node:path';
import { homedir } from 'node:os';
import type { Json, JsonObject } from '../../core/json.js';
import { expandHome } from '../../core/home.js';
import { err, ok, type Result } from '../../core/result.js';
import { entriesOfRows } from '../entries.js';
import { readBytes, TOO_LARGE } from '../files.js';
import type { Seed, SeedColumn, SeedError, SeedType } from '../types.js';
import { CSV_TYPES_SCHEMA, typeRows, type CsvTypes, type TextRow } from './csv-types.js';
import { findFiles } from './find-files.js';
import { jsonColumns } from '../json-types.js';
import { openParquetFiles } from './parquet-files.js';
import { TABLE_READERS, type Table } from './table.js';
import type { SeedNote } from '../../core/events.js';

/** `seed_config.source` of a `local` seed. */
export type LocalFileSource = {
  /** A file, or a pattern such as `*.csv` for several of one kind. */
  readonly path: string;
  readonly types?: CsvTypes;
};

/** Rows of a file, or of several of one kind: Data Designer's `LocalFileSeedSource`. */
export const localFile: SeedType<LocalFileSource> = {
  type: 'local',
  summary: 'Rows of CSV, TSV, JSON Lines, JSON or Parquet files.',
  redact: true,
  schema: {
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description:
          'A .csv, .tsv, .jsonl, .json or .parquet file, or a pattern for several of one kind, such as parts/*.csv or data/**/*.parquet; relative to the recipe or starting with ~.',
      },
      types: CSV_TYPES_SCHEMA,
    },
    required: ['path'],
  },
  columns(source, baseDir) {
    const opened = openFiles(source, baseDir, homedir());
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.value.columns;
  },
  async open(source, { baseDir, homeDir }) {
    return openFiles(source, baseDir, homeDir);
  },
};

interface NamedTable extends Table {
  readonly file: string;
}

function openFiles(source: LocalFileSource, baseDir: string, homeDir: string): Result<Seed, SeedError> {
  const { path, types } = source;
  const found = findFiles(resolve(baseDir, expandHome(path, homeDir)), path);
  return found.ok ? openRows(found.value, { path, types }) : wrong(found.error.message, found.error.hint);
}

/** What is written in a recipe, for messages: the pattern of the files, and `types`. */
export interface AsWritten {
  readonly path: string;
  readonly types?: CsvTypes | undefined;
}

/** Opens files of one kind as rows. */
export function openRows(files: readonly string[], { path, types }: AsWritten): Result<Seed, SeedError> {
  const kinds = new Map(files.map((file) => [kindOf(file), file]));
  const unknown = kinds.get(undefined);
  if (unknown !== undefined) {
    const name = files.length === 1 ? path : unknown;
    return wrong(`\`${name}\` is not a file that can be read as rows`, `its name must end in ${KNOWN}`);
  }
  if (kinds.size > 1)
    return wrong(`\`${path}\` names files of several kinds`, [...kinds.values()].join(', '));
  if (!kinds.has('parquet')) return openTexts(files, path, types);
  if (types !== undefined && types !== 'infer') return ownTypes(path);
  const opened = openParquetFiles(files);
  return opened.ok ? opened : wrong(opened.error);
}

/** CSV files get types from all values of all files, the others have their own. */
function kindOf(file: string): 'csv' | 'json' | 'parquet' | undefined {
  const extension = extname(file).toLowerCase();
  if (extension === '.parquet') return 'parquet';
  if (!Object.hasOwn(TABLE_READERS, extension)) return undefined;
  return extension === '.csv' || extension === '.tsv' ? 'csv' : 'json';
}

const KNOWN = [...Object.keys(TABLE_READERS), '.parquet'].join(', ');

/** Reads all files at once, because columns and their types depend on all rows. */
function openTexts(
  files: readonly string[],
  path: string,
  types: CsvTypes | undefined,
): Result<Seed, SeedError> {
  const tables: NamedTable[] = [];
  for (const file of files) {
    const table = readTable(file);
    if (!table.ok) return table;
    tables.push(table.value);
  }
  const content = contentOf(tables, path, types);
  if (!content.ok) return content;
  const { rows, columns } = content.value;
  return ok({
    columns,
    notes: tables.flatMap(notesOf),
    ...entriesOfRows(rows.length, (index) => withEveryColumn(rows[index] ?? new Map(), columns)),
  });
}

interface Content {
  readonly rows: readonly ReadonlyMap<string, Json>[];
  readonly columns: readonly SeedColumn[];
}

/** All rows with their columns. Values of CSV files, which are text, get types. */
function contentOf(
  tables: readonly NamedTable[],
  path: string,
  types: CsvTypes = 'infer',
): Result<Content, SeedError> {
  const rows = tables.flatMap((table) => table.rows);
  const headers = tables.flatMap(({ header }) => (header ? [header] : []));
  if (headers.length === 0) {
    if (types === 'infer') return ok({ rows, columns: jsonColumns(rows) });
    return ownTypes(path);
  }
  try {
    return ok(typeRows([...new Set(headers.flat())], rows as readonly TextRow[], types));
  } catch (error) {
    return wrongTypes(`\`${path}\` ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readTable(file: string): Result<NamedTable, SeedError> {
  const text = readText(file);
  if (!text.ok) return wrong(`\`${file}\` ${text.error}`);
  try {
    const table = TABLE_READERS[extname(file).toLowerCase()]?.(text.value) ?? { rows: [], skipped: [] };
    return ok({ ...table, file });
  } catch (error) {
    return wrong(`\`${file}\` ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readText(file: string): Result<string, string> {
  const bytes = readBytes(file);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes.value));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return err(code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not text in UTF-8' : TOO_LARGE);
  }
}

const ownTypes = (path: string): Result<never, SeedError> =>
  wrongTypes(`\`${path}\` has types of its own`, 'leave `types` out: it is for CSV files');

const wrongTypes = (message: string, hint?: string): Result<never, SeedError> =>
  err({ key: 'types', message, ...(hint !== undefined && { hint }) });

const wrong = (message: string, hint?: string): Result<never, SeedError> =>
  err({ key: 'path', message, ...(hint !== undefined && { hint }) });

function notesOf({ file, rows, skipped, header = [] }: NamedTable): readonly SeedNote[] {
  const reason = header.length > 0 ? 'no rows, only a header' : 'no rows';
  const empty = rows.length === 0 && skipped.length === 0 ? [{ reason, count: 1 }] : [];
  return [...skipped, ...empty].map((note) => ({ ...note, kind: 'filtered', source: file }));
}

function withEveryColumn(row: ReadonlyMap<string, Json>, columns: readonly SeedColumn[]): JsonObject {
  return Object.fromEntries(columns.map(({ name }) => [name, row.get(name) ?? null]));
}
