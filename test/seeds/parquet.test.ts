import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import type { JsonObject } from '../../src/core/json.js';
import { createParquetFile } from '../../src/dataset/parquet-file.js';
import { localFile } from '../../src/seeds/local-file/index.js';
import type { Seed, SeedColumn } from '../../src/seeds/types.js';
import { folderWith, readSeed, removeFolders, type Everything } from '../traces/support.js';

afterAll(removeFolders);

const connection = await (await DuckDBInstance.create(':memory:')).connect();
afterAll(() => connection.closeSync());

/** Writes the rows of a query with DuckDB. */
async function write(path: string, query: string, options = ''): Promise<void> {
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
}

async function open(folder: string, path: string): Promise<Seed> {
  const opened = await localFile.open({ path }, { baseDir: folder, env: {}, homeDir: '/nonexistent' });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

async function readQuery(
  query: string,
  options?: string,
): Promise<Everything & { readonly columns: readonly SeedColumn[] }> {
  const folder = folderWith({});
  await write(join(folder, 'a.parquet'), query, options);
  const seed = await open(folder, 'a.parquet');
  expect(localFile.columns({ path: 'a.parquet' }, folder)).toEqual(seed.columns);
  return { ...(await readSeed(seed)), columns: seed.columns };
}

const text = { type: ['string', 'null'] };
const whole = { type: ['integer', 'null'] };
const number = { type: ['number', 'null'] };

describe('a Parquet seed', () => {
  it.each<[string, string, JsonObject, unknown]>([
    ['text', `'a\u00e9'`, text, 'a\u00e9'],
    ['true and false', 'true', { type: ['boolean', 'null'] }, true],
    ['TINYINT', '(-7)::TINYINT', whole, -7],
    ['USMALLINT', '65535::USMALLINT', whole, 65_535],
    ['UINTEGER', '4294967295::UINTEGER', whole, 4_294_967_295],
    ['BIGINT that a number holds', '9007199254740991::BIGINT', whole, 9_007_199_254_740_991],
    ['BIGINT that a number does not hold', '9007199254740993::BIGINT', text, '9007199254740993'],
    ['the lowest BIGINT', '(-9223372036854775808)::BIGINT', text, '-9223372036854775808'],
    ['the highest UBIGINT', '18446744073709551615::UBIGINT', text, '18446744073709551615'],
    ['FLOAT', '1.5::FLOAT', number, 1.5],
    ['DOUBLE', '0.1::DOUBLE', number, 0.1],
    ['no number', `'NaN'::DOUBLE`, number, null],
    ['DECIMAL of few digits', '1.10::DECIMAL(4,2)', number, 1.1],
    ['DECIMAL of 18 digits', '-123456789012345.678::DECIMAL(18,3)', text, '-123456789012345.678'],
    ['small values in a wide DECIMAL', '19.99::DECIMAL(38,2)', number, 19.99],
    ['DECIMAL of 38 digits', '-0.00000000000000000001::DECIMAL(38,20)', number, -1e-20],
    ['large DECIMAL', '12345678901234567890.12::DECIMAL(38,2)', text, '12345678901234567890.12'],
    ['DATE', `DATE '2024-01-15'`, text, '2024-01-15'],
    ['DATE before 1970', `DATE '1969-12-31'`, text, '1969-12-31'],
    ['TIMESTAMP', `TIMESTAMP '2024-01-15 10:00:00'`, text, '2024-01-15T10:00:00'],
    ['TIMESTAMP with microseconds', `TIMESTAMP '1969-12-31 23:59:59.000001'`, text, '1969-12-31T23:59:59.000001'],
    ['TIMESTAMP_NS', `'2024-01-15 10:00:00.123456789'::TIMESTAMP_NS`, text, '2024-01-15T10:00:00.123456789'],
    ['TIMESTAMP_MS', `'2024-01-15 10:00:00.12'::TIMESTAMP_MS`, text, '2024-01-15T10:00:00.120'],
    ['TIMESTAMPTZ', `TIMESTAMPTZ '2024-01-15 10:00:00+02'`, text, '2024-01-15T08:00:00Z'],
    ['TIME', `TIME '10:11:12.5'`, text, '10:11:12.500'],
    ['INTERVAL', `INTERVAL '1 month 2 days 3.5 seconds'`, text, 'P1M2DT3.5S'],
    ['UUID', `'c9a646d3-9c61-4cb7-bfcd-ee2522c8f633'::UUID`, text, 'c9a646d3-9c61-4cb7-bfcd-ee2522c8f633'],
    ['an enumeration', `'b'::ENUM('a', 'b')`, text, 'b'],
    ['bytes that are text', `'abc'::BLOB`, text, 'abc'],
    ['other bytes', String.raw`'\xFF\xD8'::BLOB`, text, '/9g='],
    ['JSON', `'{"a": [1, null]}'::JSON`, {}, { a: [1, null] }],
    ['a list', `['a', NULL]`, { type: ['array', 'null'], items: text }, ['a', null]],
    ['lists in a list', `[[1], [], NULL]`, { type: ['array', 'null'], items: { type: ['array', 'null'], items: whole } }, [[1], [], null]],
    ['a map', `MAP {'a': 1, 'b': NULL}`, { type: ['object', 'null'], additionalProperties: whole }, { a: 1, b: null }],
    [
      'structures in a list',
      `[{'a': 1, 'b': {'c': DATE '2024-01-15'}}, {'a': NULL, 'b': NULL}]`,
      {
        type: ['array', 'null'],
        items: {
          type: ['object', 'null'],
          properties: { a: whole, b: { type: ['object', 'null'], properties: { c: text }, additionalProperties: false } },
          additionalProperties: false,
        },
      },
      [{ a: 1, b: { c: '2024-01-15' } }, { a: null, b: null }],
    ],
  ])('reads %s', async (_name, expression, schema, value) => {
    const { rows, columns } = await readQuery(`SELECT ${expression} AS v UNION ALL SELECT NULL`);
    expect(columns).toEqual([{ name: 'v', schema }]);
    expect(rows).toEqual([{ v: value }, { v: null }]);
  }); // prettier-ignore

  it.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'lz4_raw'])(
    'reads files compressed with %s, in both versions of the format',
    async (codec) => {
      const query = `SELECT range AS n, 'text ' || (range % 7) AS t, [range, NULL] AS l FROM range(3000)`;
      for (const version of ['V1', 'V2']) {
        const { rows } = await readQuery(query, `, COMPRESSION ${codec}, PARQUET_VERSION ${version}`);
        expect(rows).toHaveLength(3000);
        expect(rows[2999]).toEqual({ n: 2999, t: 'text 3', l: [2999, null] });
      }
    },
  );

  it('has one type for a column, though only one of many row groups has a number beyond 2^53', async () => {
    const query = `SELECT CASE WHEN range = 9000 THEN 9007199254740993 ELSE range END AS id FROM range(10000)`;
    const { rows, columns } = await readQuery(query, ', ROW_GROUP_SIZE 2048');
    expect(columns).toEqual([{ name: 'id', schema: text }]);
    expect([rows[0], rows[9000]]).toEqual([{ id: '0' }, { id: '9007199254740993' }]);
  });

  it('holds the latest row groups for rows in another order, and only one while they are read in order', async () => {
    const folder = folderWith({});
    await write(join(folder, 'a.parquet'), 'SELECT i FROM range(16384) t(i)', ', ROW_GROUP_SIZE 2048');
    const seed = await open(folder, 'a.parquet');
    const rowsOf = async (entry: number): Promise<unknown> => (await seed.read(entry)).rows;
    const [last, first] = [await rowsOf(7), await rowsOf(0)];
    expect(await rowsOf(7)).toBe(last);
    expect(await rowsOf(0)).toBe(first);
    for (let entry = 1; entry < 7; entry += 1) expect(await rowsOf(entry)).toBe(await rowsOf(entry));
    expect(await rowsOf(0)).not.toBe(first);
    expect(await rowsOf(7)).not.toBe(last);
  });

  it('reads one row group at a time, in the order of the file, and each as often as it is asked', async () => {
    const folder = folderWith({});
    await write(join(folder, 'a.parquet'), 'SELECT range AS n FROM range(10000)', ', ROW_GROUP_SIZE 2048');
    const seed = await open(folder, 'a.parquet');
    expect(seed.entryCount).toBe(5);
    expect((await seed.read(4)).rows).toHaveLength(10_000 - 4 * 2048);
    expect((await seed.read(1)).rows[0]).toEqual({ n: 2048 });
    expect((await readSeed(seed)).rows.map(({ n }) => n)).toEqual(
      Array.from({ length: 10_000 }, (_, n) => n),
    );
  });

  it('gives rows of several files the columns of all, with a type for both', async () => {
    const folder = folderWith({});
    await write(join(folder, 'a.parquet'), `SELECT 1 AS n, 'x' AS only_a, 1 AS odd`);
    await write(join(folder, 'b.parquet'), `SELECT 1.5::DOUBLE AS n, true AS only_b, 'y' AS odd`);
    const seed = await open(folder, '*.parquet');
    expect((await readSeed(seed)).rows).toEqual([
      { n: 1, only_a: 'x', odd: 1, only_b: null },
      { n: 1.5, only_a: null, odd: 'y', only_b: true },
    ]);
    expect(Object.fromEntries(seed.columns.map(({ name, schema }) => [name, schema]))).toMatchObject({
      n: number,
      odd: {},
    });
  });

  it('reads back what a dataset has', async () => {
    const folder = folderWith({});
    const rows = [{ t: 'a', s: { k: [1, 2] }, any: { x: 'y' } }];
    const schema = { type: 'object', properties: { k: { type: 'array', items: { type: 'integer' } } } };
    const file = await createParquetFile([
      { name: 't', schema: { type: 'string' } },
      { name: 's', schema: { ...schema, additionalProperties: false } },
      { name: 'any', schema: {} },
    ]);
    writeFileSync(join(folder, 'a.parquet'), Buffer.concat([await file.group(rows), await file.end()]));
    expect((await readSeed(await open(folder, 'a.parquet'))).rows).toEqual(rows);
  });

  it('says what is wrong with a file that is none, is cut off, or has damaged rows', async () => {
    const folder = folderWith({ 'no.parquet': 'a,b\n1,2\n', 'short.parquet': 'PAR1' });
    const good = join(folder, 'good.parquet');
    await write(good, `SELECT range AS n, 'some text' || range AS t FROM range(2000)`);
    const bytes = readFileSync(good);
    writeFileSync(join(folder, 'cut.parquet'), bytes.subarray(0, bytes.length - 20));
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, 10, 2000);
    writeFileSync(join(folder, 'rows.parquet'), damaged);
    for (const path of ['no.parquet', 'short.parquet', 'cut.parquet'])
      await expect(open(folder, path)).rejects.toThrow(`${path}\` is a damaged Parquet file`);
    const { rows, notes } = await readSeed(await open(folder, 'rows.parquet'));
    expect(rows).toEqual([]);
    expect(notes).toMatchObject([{ kind: 'filtered', reason: 'a damaged Parquet file', count: 2000 }]);
  });

  it('says that it has no rows, and knows its columns all the same', async () => {
    const { rows, notes, columns } = await readQuery('SELECT 1 AS n WHERE false');
    expect({ rows, columns }).toEqual({ rows: [], columns: [{ name: 'n', schema: whole }] });
    expect(notes).toMatchObject([{ reason: 'no rows, only a header' }]);
  });
});
