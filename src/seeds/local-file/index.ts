import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Json, JsonObject, JsonSchema } from '../../core/json.js';
import { expandHome } from '../../core/home.js';
import { err, ok, type Result } from '../../core/result.js';
import { didYouMean } from '../../core/suggest.js';
import { outOfMemory, roomForText } from '../../core/memory.js';
import { cannotRead, openRegular } from '../../core/regular-file.js';
import type { Seed, SeedColumn, SeedEntryRows, SeedError, SeedType } from '../types.js';
import { CSV_TYPES_SCHEMA, typeRows, type CsvTypes, type TextRow } from './csv-types.js';
import { TABLE_READERS, type Table } from './table.js';
import type { SeedNote } from '../../core/events.js';

/** `seed_config.source` of a `local` seed. */
export type LocalFileSource = {
  /** A file, or `*.ext` for all files of a folder with that extension. */
  readonly path: string;
  readonly types?: CsvTypes;
};

/** Rows of a file, or of several of one kind: Data Designer's `LocalFileSeedSource`. */
export const localFile: SeedType<LocalFileSource> = {
  type: 'local',
  summary: 'Rows of CSV, TSV, JSON Lines or JSON files.',
  redact: true,
  schema: {
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        description:
          'A .csv, .tsv, .jsonl or .json file, or *.ext for all such files of a folder; relative to the recipe or starting with ~.',
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

/** Rows per entry: only these are in memory twice. */
const ROWS_AN_ENTRY = 500;

/** Reads all files at once, because columns and their types depend on all rows. */
function openFiles(
  { path, types }: LocalFileSource,
  baseDir: string,
  homeDir: string,
): Result<Seed, SeedError> {
  const files = filesOf(resolve(baseDir, expandHome(path, homeDir)), path);
  if (!files.ok) return files;
  const tables: NamedTable[] = [];
  for (const file of files.value) {
    const table = readTable(file);
    if (!table.ok) return table;
    tables.push(table.value);
  }
  const content = contentOf(tables, path, types);
  if (!content.ok) return content;
  const { rows, columns } = content.value;
  return ok({
    columns,
    entryCount: Math.ceil(rows.length / ROWS_AN_ENTRY),
    notes: tables.flatMap(notesOf),
    read: async (entry): Promise<SeedEntryRows> => ({
      rows: rows
        .slice(entry * ROWS_AN_ENTRY, (entry + 1) * ROWS_AN_ENTRY)
        .map((row) => withEveryColumn(row, columns)),
      notes: [],
    }),
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
    if (types === 'infer') return ok({ rows, columns: columnsOf(rows) });
    return wrongTypes(`\`${path}\` has types of its own`, 'leave `types` out: it is for CSV files');
  }
  try {
    return ok(typeRows([...new Set(headers.flat())], rows as readonly TextRow[], types));
  } catch (error) {
    return wrongTypes(`\`${path}\` ${error instanceof Error ? error.message : String(error)}`);
  }
}

function filesOf(path: string, asWritten: string): Result<readonly string[], SeedError> {
  const kind = extname(path).toLowerCase();
  if (!Object.hasOwn(TABLE_READERS, kind)) {
    const known = Object.keys(TABLE_READERS).join(', ');
    return wrong(`\`${asWritten}\` is not a file that can be read as rows`, `its name must end in ${known}`);
  }
  const folder = dirname(path);
  const name = basename(path);
  const names = namesIn(folder);
  if (!names) return wrong(`the folder of \`${asWritten}\` does not exist`);
  if (!name.startsWith('*.'))
    return names.includes(name)
      ? ok([path])
      : wrong(`\`${asWritten}\` does not exist`, didYouMean(name, names));
  const found = names.filter((other) => other.toLowerCase().endsWith(name.slice(1).toLowerCase()));
  return found.length > 0
    ? ok(found.sort().map((other) => join(folder, other)))
    : wrong(`no file is called \`${asWritten}\``);
}

function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
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

/** The text of a file, or in words why it cannot be read. Never waits for a pipe or reads a device. */
function readText(file: string): Result<string, string> {
  const opened = openRegular(file);
  if (!opened.ok) return opened;
  const { descriptor, size } = opened.value;
  try {
    if (size > roomForText()) return err(outOfMemory().message);
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor)));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return err('is not text in UTF-8');
    if (code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE')
      return err('is too large to be read as one; divide it, and name all parts with *');
    return cannotRead(error);
  } finally {
    closeSync(descriptor);
  }
}

const wrongTypes = (message: string, hint?: string): Result<never, SeedError> =>
  err({ key: 'types', message, ...(hint !== undefined && { hint }) });

const wrong = (message: string, hint?: string): Result<never, SeedError> =>
  err({ key: 'path', message, ...(hint !== undefined && { hint }) });

function notesOf({ file, rows, skipped, header = [] }: NamedTable): readonly SeedNote[] {
  const reason = header.length > 0 ? 'no rows, only a header' : 'no rows';
  const empty = rows.length === 0 && skipped.length === 0 ? [{ reason, count: 1 }] : [];
  return [...skipped, ...empty].map((note) => ({ ...note, kind: 'filtered', source: file }));
}

/** In order of first appearance. */
function columnsOf(rows: readonly ReadonlyMap<string, Json>[]): readonly SeedColumn[] {
  const types = new Map<string, Set<string>>();
  for (const row of rows)
    for (const [name, value] of row) {
      const seen = types.get(name) ?? new Set();
      types.set(name, seen.add(typeOf(value)));
    }
  return [...types].map(([name, seen]) => ({ name, schema: schemaOf(seen) }));
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A type when all rows have the same one; anything else is kept as JSON. */
function schemaOf(seen: ReadonlySet<string>): JsonSchema {
  const types = [...seen].filter((type) => type !== 'null' && !(type === 'integer' && seen.has('number')));
  const [type] = types;
  return types.length === 1 && type !== undefined && type !== 'object' ? { type: [type, 'null'] } : {};
}

function withEveryColumn(row: ReadonlyMap<string, Json>, columns: readonly SeedColumn[]): JsonObject {
  return Object.fromEntries(columns.map(({ name }) => [name, row.get(name) ?? null]));
}
