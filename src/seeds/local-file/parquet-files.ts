/** Rows of Parquet files, one row group at a time. */
import { canonicalJson, type JsonObject, type JsonSchema } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import type { SeedNote } from '../../core/events.js';
import type { ReadingOptions } from '../parquet/values.js';
import { readFooter, readParquet, type ParquetFooter, type RowGroup } from '../parquet/file.js';
import type { Seed, SeedColumn, SeedEntryRows } from '../types.js';

const AS_VALUES: ReadingOptions = { binary: (bytes) => Buffer.from(bytes).toString('base64') };

/**
 * Groups stay in memory up to so many bytes, uncompressed, and the latest one always: rows in another order than the
 * file's come from several groups in turn. While groups are read in their order, the latest one is enough.
 */
const HELD_BYTES = 64 * 2 ** 20;

/** So many groups one after the other are no chance. */
const IN_ORDER = 3;

interface Entry {
  readonly file: string;
  readonly group: RowGroup;
  readonly bytes: number;
}

/** Opens files whose rows have the columns of all; an error says in words which cannot be read and why. */
export function openParquetFiles(files: readonly string[]): Result<Seed, string> {
  const footers: { readonly file: string; readonly footer: ParquetFooter }[] = [];
  for (const file of files) {
    const footer = readFooter(file, AS_VALUES);
    if (!footer.ok)
      return err(`\`${file}\` ${/^(?:a|Parquet) /.test(footer.error) ? 'is ' : ''}${footer.error}`);
    footers.push({ file, footer: footer.value });
  }
  const columns = mergeColumns(footers.map(({ footer }) => footer.columns));
  const entries = footers.flatMap(({ file, footer }) =>
    footer.groups.map(({ start, end, bytes }): Entry => ({ file, group: { start, end }, bytes })),
  );
  const empty: JsonObject = Object.fromEntries(columns.map(({ name }) => [name, null]));
  const read = holdLatest(entries, async (entry) => readGroup(entry, empty));
  return ok({
    columns,
    entryCount: entries.length,
    notes: footers.flatMap(({ file, footer }) => noRows(file, footer)),
    read,
  });
}

const noRows = (file: string, { groups }: ParquetFooter): readonly SeedNote[] =>
  groups.some(({ start, end }) => end > start)
    ? []
    : [{ kind: 'filtered', source: file, reason: 'no rows, only a header', count: 1 }];

async function readGroup({ file, group }: Entry, empty: JsonObject): Promise<SeedEntryRows> {
  const read = await readParquet(file, group, AS_VALUES);
  const left = (reason: string, count: number): SeedNote => ({
    kind: 'filtered',
    source: file,
    reason,
    count,
  });
  if (!read.ok) return { rows: [], notes: [left(read.error, group.end - group.start)] };
  const { records, tooDeep } = read.value;
  return {
    rows: records.map((record) => ({ ...empty, ...record })),
    notes: tooDeep > 0 ? [left('nested too deeply', tooDeep)] : [],
  };
}

/** Keeps the latest entries that were read, least recently used first out. */
function holdLatest(
  entries: readonly Entry[],
  read: (entry: Entry) => Promise<SeedEntryRows>,
): (number: number) => Promise<SeedEntryRows> {
  const held = new Map<number, SeedEntryRows>();
  let latest = -1;
  let inOrder = 0;
  return async (number) => {
    const entry = entries[number];
    if (!entry) return { rows: [], notes: [] };
    if (number !== latest) inOrder = number === latest + 1 ? inOrder + 1 : 0;
    latest = number;
    const most = inOrder >= IN_ORDER ? 0 : HELD_BYTES;
    const known = held.get(number);
    held.delete(number);
    let bytes = entry.bytes;
    for (const each of [...held.keys()].toReversed()) {
      bytes += entries[each]?.bytes ?? 0;
      if (bytes > most) held.delete(each);
    }
    const rows = known ?? (await read(entry));
    held.set(number, rows);
    return rows;
  };
}

/** The columns of several files, in order of first appearance; where files differ, a type that takes both. */
function mergeColumns(files: readonly (readonly SeedColumn[])[]): readonly SeedColumn[] {
  const merged = new Map<string, JsonSchema>();
  for (const { name, schema } of files.flat()) {
    const before = merged.get(name);
    merged.set(name, before ? both(before, schema) : schema);
  }
  return Array.from(merged, ([name, schema]) => ({ name, schema }));
}

function both(a: JsonSchema, b: JsonSchema): JsonSchema {
  const [one, other] = [canonicalJson(a), canonicalJson(b)];
  if (one === other) return a;
  return NUMBERS.has(one) && NUMBERS.has(other) ? { type: ['number', 'null'] } : {};
}

const NUMBERS: ReadonlySet<string> = new Set(
  ['integer', 'number'].map((type) => canonicalJson({ type: [type, 'null'] })),
);
