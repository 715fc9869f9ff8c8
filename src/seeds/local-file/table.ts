import { parse as parseCsv } from 'csv-parse/sync';
import { isObject, jsonIn, type Json } from '../../core/json.js';
import { createMemoryCheck } from '../../core/memory.js';
import { wellFormed } from '../../core/well-formed.js';
import { isTooDeep } from '../../core/paths.js';

/** The rows of a file, and the reasons for rows that could not be read. */
export interface Table {
  readonly rows: readonly ReadonlyMap<string, Json>[];
  readonly skipped: readonly Skipped[];
  /** The names in the header of a CSV file. Its values are still text. */
  readonly header?: readonly string[];
}

export interface Skipped {
  readonly reason: string;
  readonly count: number;
}

/** Readers by extension. They throw an `Error` with a sentence when the file as a whole cannot be read. */
export const TABLE_READERS: Readonly<Record<string, (text: string) => Table>> = {
  '.csv': (text) => readCsv(text, findDelimiter(text)),
  '.json': readJson,
  '.jsonl': readJsonLines,
  '.tsv': (text) => readCsv(text, '\t'),
};

/** Code that walks through a row is recursive. */
const MAX_DEPTH = 100;

/**
 * RFC 4180, with a header and any delimiter. An unclosed quote would turn the rest of the file into one value and
 * hide an unknown number of rows, so the file is rejected.
 */
function readCsv(text: string, delimiter: string): Table {
  const skipped: string[] = [];
  const checkMemory = createMemoryCheck();
  let lastLine = 0;
  const [heading, ...records] = parseCsv(text, {
    bom: true,
    delimiter,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_record(record: string[], { lines }) {
      lastLine = lines;
      checkMemory(20 * record.length);
      return record;
    },
    on_skip(error) {
      if (error?.code === 'CSV_QUOTE_NOT_CLOSED')
        throw new Error(`has a quote that is never closed, somewhere after line ${lastLine}`);
      skipped.push(error?.message ?? 'not valid CSV');
    },
  });
  if (!heading) return { rows: [], skipped: grouped(skipped), header: [] };
  const names = heading.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new Error(`has two columns named \`${twice}\``);
  if (names.includes('')) throw new Error('has a column without a name in its first line');
  const rows = records.map((record) => {
    checkMemory(40 * names.length);
    return new Map(names.map((name, at) => [name, record[at] ?? '']));
  });
  return { rows, skipped: grouped(skipped), header: names };
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** So many records, and characters, are looked at. */
const LOOKED_AT = { records: 100, characters: 2 ** 20 };

/**
 * The delimiter that divides the first records into the most columns, the same number in each, as DuckDB's sniffer
 * finds it; else the one that divides the header; a comma when there is a single column.
 */
function findDelimiter(text: string): string {
  const tried = DELIMITERS.map((delimiter) => ({ delimiter, ...divided(text, delimiter) }));
  const best = tried
    .filter(({ columns }) => columns > 1)
    .toSorted((a, b) => Number(b.isEven) - Number(a.isEven) || b.columns - a.columns)[0];
  return best?.delimiter ?? ',';
}

function divided(text: string, delimiter: string): { readonly columns: number; readonly isEven: boolean } {
  try {
    const records: readonly string[][] = parseCsv(text.slice(0, LOOKED_AT.characters), {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      to: LOOKED_AT.records,
    });
    const columns = records[0]?.length ?? 0;
    return { columns, isEven: records.every(({ length }) => length === columns) };
  } catch {
    return { columns: headerOf(text).split(delimiter).length, isEven: false };
  }
}

const headerOf = (text: string): string => /^[^\r\n]*/.exec(text)?.[0] ?? '';

function readJson(text: string): Table {
  const value = exactJson(text);
  if (value === undefined) throw new Error('is not valid JSON');
  if (!Array.isArray(value)) throw new Error('must be a list of objects');
  return fromValues(value as readonly Json[]);
}

function readJsonLines(text: string): Table {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const checkMemory = createMemoryCheck();
  return fromValues(
    lines.map((line) => {
      checkMemory(line.length);
      return exactJson(line);
    }),
  );
}

const LONG_DIGITS = /\d{16}/;
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The value of a JSON text. Whole numbers beyond 2^53, which JavaScript would round, become text. */
function exactJson(text: string): Json | undefined {
  if (!LONG_DIGITS.test(text)) return jsonIn(text);
  return jsonIn(text.replaceAll(TEXT_OR_NUMBER, (token) => (isRounded(token) ? `"${token}"` : token)));
}

const isRounded = (token: string): boolean =>
  /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));

/** @param values `undefined` for text that is not JSON */
function fromValues(values: readonly (Json | undefined)[]): Table {
  const rows: ReadonlyMap<string, Json>[] = [];
  const reasons: string[] = [];
  const checkMemory = createMemoryCheck();
  for (const value of values) {
    checkMemory(100);
    if (value === undefined) reasons.push('not valid JSON');
    else if (!isObject(value)) reasons.push('not an object');
    else if (isTooDeep(value, MAX_DEPTH)) reasons.push('nested too deeply');
    else rows.push(new Map(Object.entries(wellFormed(value))));
  }
  return { rows, skipped: grouped(reasons) };
}

function grouped(reasons: readonly string[]): readonly Skipped[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
