import { afterAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import type { CsvTypes } from '../../src/seeds/local-file/csv-types.js';
import { localFile } from '../../src/seeds/local-file/index.js';
import { folderWith, readSeed, removeFolders, type Everything } from '../traces/support.js';

afterAll(removeFolders);

async function read(csv: string, types?: CsvTypes, file = 'rows.csv'): Promise<Everything> {
  const source = { path: file, ...(types !== undefined && { types }) };
  const context = { baseDir: folderWith({ [file]: csv }), env: {}, homeDir: '/nonexistent' };
  const opened = await localFile.open(source, context);
  if (!opened.ok) throw new Error([opened.error.message, opened.error.hint].filter(Boolean).join('; '));
  return readSeed(opened.value);
}
const rowsOf = async (csv: string, types?: CsvTypes): Promise<readonly JsonObject[]> =>
  (await read(csv, types)).rows;
const valuesOf = async (...values: readonly string[]): Promise<readonly unknown[]> =>
  (await rowsOf(['id,v', ...values.map((value) => `x,${value}`)].join('\n'))).map(({ v }) => v);

describe('types of CSV values', () => {
  it.each<[string, readonly string[], readonly unknown[]]>([
    ['whole numbers', ['1', '-2', '0', ''], [1, -2, 0, null]],
    ['numbers', ['1', '2.5', '1e3', '.5', '-0.25', ''], [1, 2.5, 1000, 0.5, -0.25, null]],
    ['numbers with blanks around', [' 1', '2 '], [1, 2]],
    ['true and false', ['true', 'False', 'TRUE', ''], [true, false, true, null]],
    ['leading zeros', ['007', '8'], ['007', '8']],
    ['a single leading zero among many numbers', ['1', '2', '3.5', '0123'], ['1', '2', '3.5', '0123']],
    ['telephone numbers', ['+491234', '5'], ['+491234', '5']],
    ['ids longer than a number holds', ['12345678901234567890', '1'], ['12345678901234567890', '1']],
    ['more digits than a number holds', ['0.12345678901234567', '1'], ['0.12345678901234567', '1']],
    ['dates', ['2024-01-02', '2024-01-03'], ['2024-01-02', '2024-01-03']],
    ['versions', ['1.2.3', '1.2'], ['1.2.3', '1.2']],
    ['true and 1', ['true', '1'], ['true', '1']],
    ['words and numbers', ['1', 'two', ''], ['1', 'two', null]],
    ['no number, though JavaScript has one', ['NaN', 'Infinity', '0x10', '1_000'], ['NaN', 'Infinity', '0x10', '1_000']],
    ['overflow', ['1e999', '1'], ['1e999', '1']],
    ['only empty values', ['', ''], [null, null]],
  ])('are guessed: %s', async (_name, values, expected) => {
    expect(await valuesOf(...values)).toEqual(expected);
  }); // prettier-ignore

  it('are types of the columns, for checks', () => {
    const folder = folderWith({ 'rows.csv': 'n,t,b,f\n1,a,true,1.5\n,,,\n' });
    const types = (source: Parameters<typeof localFile.columns>[0]): unknown[] =>
      localFile.columns(source, folder).map(({ schema }) => schema['type']);
    expect(types({ path: 'rows.csv' })).toEqual([
      ['integer', 'null'],
      ['string', 'null'],
      ['boolean', 'null'],
      ['number', 'null'],
    ]);
    expect(types({ path: 'rows.csv', types: 'text' })[0]).toEqual(['string', 'null']);
  });

  it('can be text, or be given', async () => {
    const csv = 'id,stars,ok\n007,4,true\n8,,false\n';
    expect(await rowsOf(csv, 'text')).toEqual([
      { id: '007', stars: '4', ok: 'true' },
      { id: '8', stars: '', ok: 'false' },
    ]);
    expect(await rowsOf(csv, { id: 'integer', stars: 'text' })).toEqual([
      { id: 7, stars: '4', ok: true },
      { id: 8, stars: '', ok: false },
    ]);
  });

  it('refuse a value that is not of the type that was given, and a column that is not there', async () => {
    await expect(read('id,n\n1,4\n2,five\n', { n: 'integer' })).rejects.toThrow(
      '`rows.csv` has "five" in column `n` (row 1), which is not of the type integer',
    );
    await expect(read('id,n\n1,4.5\n', { n: 'integer' })).rejects.toThrow('"4.5"');
    await expect(read('stars\n1\n', { star: 'text' })).rejects.toThrow('did you mean `stars`?');
    await expect(read('{"a":1}', 'text', 'rows.jsonl')).rejects.toThrow('it is for CSV files');
  });
});

describe('the delimiter', () => {
  it.each([
    ['a semicolon', 'id;text;stars\n1;hello, world;5\n2;"a;b";4\n'],
    ['a tab', 'id\ttext\tstars\n1\thello, world\t5\n2\ta;b\t4\n'],
    ['a bar', 'id|text|stars\n1|hello, world|5\n2|a;b|4\n'],
    ['a comma', 'id,text,stars\n1,"hello, world",5\n2,a;b,4\n'],
    ['a semicolon behind a byte order mark', '\uFEFF"id";"text";"stars"\r\n1;"hello, world";5\r\n2;"a;b";4\r\n'],
  ])('is recognised: %s', async (_name, csv) => {
    expect(await rowsOf(csv)).toEqual([
      { id: 1, text: 'hello, world', stars: 5 },
      { id: 2, text: 'a;b', stars: 4 },
    ]);
  }); // prettier-ignore

  it('is a tab in .tsv', async () => {
    expect((await read('a\tb\n1,5\t2\n', undefined, 'rows.tsv')).rows).toEqual([{ a: '1,5', b: 2 }]);
  });

  it('is a semicolon where numbers have decimal commas', async () => {
    expect(await rowsOf('a;b\n1,5;2,5\n')).toEqual([{ a: '1,5', b: '2,5' }]);
  });

  it('does not divide a single column of prose', async () => {
    expect(await rowsOf('text\n"one, two; three"\nfour; five\n')).toEqual([
      { text: 'one, two; three' },
      { text: 'four; five' },
    ]);
  });
});

describe('a file with a header alone', () => {
  it.each(['id,text', 'id,text\n', 'id;text\r\n\r\n'])(
    'has columns, and says that it has no rows: %j',
    async (csv) => {
      const { rows, notes } = await read(csv);
      expect(rows).toEqual([]);
      expect(notes).toMatchObject([{ kind: 'filtered', reason: 'no rows, only a header' }]);
      const columns = localFile.columns({ path: 'r.csv' }, folderWith({ 'r.csv': csv }));
      expect(columns.map(({ name }) => name)).toEqual(['id', 'text']);
    },
  );
});
