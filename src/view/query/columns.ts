/**
 * The small values of all rows, by column: a column store with dictionary encoding. Each path has one code a row: null,
 * a boolean, a number (which is in an array beside), or one of the texts of its dictionary. Values that are too long or
 * too many for a dictionary have the code `UNREAD`: whoever asks about them reads the row. So 100,000 rows with 40 paths
 * take some 20 MB, and a filter is a look-up in a small table for each row.
 */
import { isObject, type Json, type JsonObject } from '../../core/json.js';

export const MISSING = 0;
export const UNREAD = 1;
export const NULL = 2;
export const NUMBER = 3;
export const FALSE = 4;
export const TRUE = 5;
/** The code of the first text of a dictionary. */
export const TEXT = 6;

export interface StoredColumn {
  readonly path: string;
  /** One a row; rows beyond its end are `MISSING`. */
  codes: Uint16Array | Uint32Array;
  /** The numbers of rows with the code `NUMBER`. */
  numbers: Float64Array | undefined;
  /** The texts, by code minus `TEXT`. */
  readonly texts: string[];
}

export interface ColumnStore {
  readonly columns: ReadonlyMap<string, StoredColumn>;
  readonly rows: number;
  /** Takes the values of the next row. */
  add(row: JsonObject): void;
  /** Sets one value of a row, of a column that is not in the rows themselves. */
  set(row: number, path: string, value: Json | undefined): void;
}

/** Longer texts are not in a dictionary. */
const LONGEST_TEXT = 200;
/** Characters in one dictionary, and in all together. */
const DICTIONARY_ROOM = 4_000_000;
const ALL_ROOM = 24_000_000;
/** A dictionary of so many texts that hardly ever repeat, and are longer than names, is prose: it is given up. */
const PROSE_AFTER = 1000;
const PROSE_LENGTH = 32;
/** What an entry takes beside its text. */
const ENTRY = 16;
const MOST_COLUMNS = 300;
const DEEPEST = 4;

interface Growing extends StoredColumn {
  readonly known: Map<string, number>;
  used: number;
  /** Rows that had a text. */
  asked: number;
}

export function createColumnStore(): ColumnStore {
  const columns = new Map<string, Growing>();
  let rows = 0;
  let used = 0;

  const columnAt = (path: string): Growing | undefined => {
    let column = columns.get(path);
    if (!column && columns.size < MOST_COLUMNS) {
      const codes = new Uint16Array(Math.max(256, rows + 1));
      column = { path, codes, numbers: undefined, texts: [], known: new Map(), used: 0, asked: 0 };
      columns.set(path, column);
    }
    return column;
  };
  const put = (row: number, path: string, value: Json | undefined): void => {
    const column = columnAt(path);
    if (!column) return;
    const code = codeOf(column, value);
    if (row >= column.codes.length) column.codes = grown(column.codes, row);
    if (code > 0xffff && column.codes instanceof Uint16Array) column.codes = Uint32Array.from(column.codes);
    column.codes[row] = code;
    if (typeof value !== 'number') return;
    column.numbers ??= new Float64Array(column.codes.length);
    if (row >= column.numbers.length) column.numbers = grown(column.numbers, row);
    column.numbers[row] = value;
  };
  const codeOf = (column: Growing, value: Json | undefined): number => {
    if (value === undefined) return MISSING;
    if (value === null) return NULL;
    if (typeof value === 'number') return NUMBER;
    if (typeof value === 'boolean') return value ? TRUE : FALSE;
    if (typeof value !== 'string') return Array.isArray(value) && value.length === 0 ? MISSING : UNREAD;
    if (value.length > LONGEST_TEXT || isProse(column)) return UNREAD;
    column.asked += 1;
    const known = column.known.get(value);
    if (known !== undefined) return known;
    if (column.used + value.length > DICTIONARY_ROOM || used + value.length > ALL_ROOM) return UNREAD;
    const code = TEXT + column.texts.length;
    column.texts.push(value);
    column.known.set(value, code);
    column.used += value.length + ENTRY;
    used += value.length + ENTRY;
    return code;
  };
  const visit = (path: string, value: Json, depth: number): void => {
    if (!isObject(value)) return put(rows, path, value);
    if (Object.keys(value).length > 0) put(rows, path, value);
    if (depth >= DEEPEST) return;
    for (const key in value)
      if (Object.hasOwn(value, key)) visit(`${path}.${key}`, value[key] ?? null, depth + 1);
  };
  return {
    columns,
    get rows() {
      return rows;
    },
    add(row) {
      for (const key in row) if (Object.hasOwn(row, key)) visit(key, row[key] ?? null, 1);
      rows += 1;
    },
    set: put,
  };
}

/** A value of a row; `undefined` where there is none, or the row has to be read. */
export function storedValue({ codes, numbers, texts }: StoredColumn, row: number): Json | undefined {
  const code = codes[row] ?? MISSING;
  if (code === NUMBER) return numbers?.[row];
  if (code === FALSE || code === TRUE) return code === TRUE;
  return code === NULL ? null : texts[code - TEXT];
}

function isProse({ texts, asked, used }: Growing): boolean {
  return (
    texts.length >= PROSE_AFTER && texts.length > asked / 2 && used / texts.length > PROSE_LENGTH + ENTRY
  );
}

/** The array with room for an index, and for many more behind it. */
export function grown<T extends Uint16Array | Uint32Array | Float64Array>(array: T, index: number): T {
  const Kind = array.constructor as new (length: number) => T;
  const larger = new Kind(Math.max(index + 1, Math.ceil(array.length * 1.6)));
  larger.set(array as never);
  return larger;
}
