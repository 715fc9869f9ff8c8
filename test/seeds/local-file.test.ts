import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { localFile } from '../../src/seeds/local-file/index.js';
import { folderWith, readSeed, removeFolders, type Everything, type Files } from '../traces/support.js';

afterAll(removeFolders);

const open = (files: Files, path: string): ReturnType<typeof localFile.open> =>
  localFile.open({ path }, { baseDir: folderWith(files), env: {}, homeDir: '/nonexistent' });

async function read(files: Files, path: string): Promise<Everything> {
  const opened = await open(files, path);
  if (!opened.ok) throw new Error(opened.error.message);
  return readSeed(opened.value);
}

async function refusal(files: Files, path: string): Promise<string> {
  const opened = await open(files, path);
  return opened.ok ? 'opened' : `${opened.error.message} | ${opened.error.hint ?? ''}`;
}

describe('a local seed', () => {
  it('reads CSV with quotes, line breaks and a byte order mark', async () => {
    const csv = '\uFEFFid,note\r\n007,"a ""b"", c\nd"\r\n8,\r\n';
    expect((await read({ 'rows.csv': csv }, 'rows.csv')).rows).toEqual([
      { id: '007', note: 'a "b", c\nd' },
      { id: '8', note: null },
    ]);
  });

  it('holds no half characters, in values or names', async () => {
    const line = String.raw`{"id":1,"t":"ab😀","bad":"x\ud83dy","deep":[{"\udc00":"\ud83d"}]}`;
    const row = { id: 1, t: 'ab😀', bad: 'x\uFFFDy', deep: [{ '\uFFFD': '\uFFFD' }] };
    expect((await read({ 'rows.jsonl': `${line}\n` }, 'rows.jsonl')).rows).toEqual([row]);
    expect((await read({ 'rows.json': `[${line}]` }, 'rows.json')).rows).toEqual([row]);
  });

  it('reads JSON Lines and lists in JSON, with every column in every row', async () => {
    const rows = [{ a: 1 }, { b: ['x'], a: 2 }];
    const both = [
      { a: 1, b: null },
      { a: 2, b: ['x'] },
    ];
    expect((await read({ 'rows.jsonl': rows }, 'rows.jsonl')).rows).toEqual(both);
    expect((await read({ 'rows.json': rows }, 'rows.json')).rows).toEqual(both);
  });

  it('gives each column the type that all its values have, and no type where they differ', () => {
    const rows = [
      { text: 'a', whole: 1, part: 1, mixed: 1, list: [1], some: [{ a: 1 }, {}], odd: [1, 'x'], gone: null },
      {
        text: null,
        whole: 2,
        part: 1.5,
        mixed: 'b',
        list: [],
        some: [{ a: 2.5, b: ['c'] }],
        odd: [],
        gone: null,
      },
    ];
    const columns = localFile.columns({ path: 'rows.jsonl' }, folderWith({ 'rows.jsonl': rows }));
    expect(Object.fromEntries(columns.map(({ name, schema }) => [name, schema]))).toEqual({
      text: { type: ['string', 'null'] },
      whole: { type: ['integer', 'null'] },
      part: { type: ['number', 'null'] },
      mixed: {},
      list: { type: ['array', 'null'], items: { type: ['integer', 'null'] } },
      some: {
        type: ['array', 'null'],
        items: {
          type: ['object', 'null'],
          properties: {
            a: { type: ['number', 'null'] },
            b: { type: ['array', 'null'], items: { type: ['string', 'null'] } },
          },
          additionalProperties: false,
        },
      },
      odd: { type: ['array', 'null'], items: {} },
      gone: {},
    });
  });

  it('counts lines that give no row, with the reason, and keeps the others', async () => {
    const { rows, notes } = await read({ 'rows.jsonl': '{"a":1}\n{"a":\n7\n{"a":2}\n' }, 'rows.jsonl');
    expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(notes.map(({ kind, reason, count }) => [kind, reason, count])).toEqual([
      ['filtered', 'not valid JSON', 1],
      ['filtered', 'not an object', 1],
    ]);
    const csv = await read({ 'rows.csv': 'a,b\n1,2\n3\n4,5\n' }, 'rows.csv');
    expect(csv.rows).toHaveLength(2);
    expect(csv.notes).toMatchObject([{ kind: 'filtered', count: 1 }]);
  });

  it('reads all files of a kind, in the order of their names', async () => {
    const files = { 'b.csv': 'n\n2\n', 'a.csv': 'n\n1\n', 'c.json': [{ n: '3' }] };
    expect((await read(files, '*.csv')).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('takes objects of very many keys, or of keys that differ in case alone, as they are', () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`key ${n}`, n]));
    const folder = folderWith({ 'rows.jsonl': [{ many, alike: { A: 1 }, none: {} }, { alike: { a: 1 } }] });
    const columns = localFile.columns({ path: 'rows.jsonl' }, folder);
    expect(columns.map(({ schema }) => schema)).toEqual([{}, {}, {}]);
  });

  it('keeps whole numbers that JavaScript would round, as text', async () => {
    const line =
      '{"id":12345678901234567890,"t":"a 12345678901234567890 \\" b","deep":[-9007199254740993,1.5]}';
    expect((await read({ 'rows.jsonl': line }, 'rows.jsonl')).rows).toEqual([
      { id: '12345678901234567890', t: 'a 12345678901234567890 " b', deep: ['-9007199254740993', 1.5] },
    ]);
  });

  it.each([
    ['part-*.csv', [1, 2]],
    ['sub/**/*.csv', [4, 5]],
    ['{part,more}-*.csv', [3, 1, 2]],
    ['part-[2-9].csv', [2]],
    ['[x]/*.csv', [6]],
    ['PART-?.CSV', [1, 2]],
  ])('takes any glob, in the order of paths: %s', async (path, expected) => {
    const files = {
      'part-1.csv': 'n\n1\n',
      'part-2.csv': 'n\n2\n',
      'more-1.csv': 'n\n3\n',
      'sub/a.csv': 'n\n4\n',
      'sub/b/c.csv': 'n\n5\n',
      '[x]/d.csv': 'n\n6\n',
      'part-3.json': [{ n: 9 }],
      'sub/.hidden.csv': 'n\n7\n',
    };
    expect((await read(files, path)).rows.map(({ n }) => n)).toEqual(expected);
  });

  it('refuses a pattern that names files of several kinds', async () => {
    expect(await refusal({ 'a.csv': 'n\n1\n', 'b.json': [] }, '*')).toMatch(
      /^`\*` names files of several kinds \| .*a\.csv, .*b\.json$/,
    );
    expect(await refusal({ 'a.csv': 'n\n1\n', README: 'x' }, '*')).toMatch(/README` is not a file that can/);
  });

  it('gives every row of a large file once, in order', async () => {
    const rows = Array.from({ length: 1201 }, (_, n) => ({ n }));
    expect((await read({ 'rows.jsonl': rows }, 'rows.jsonl')).rows).toEqual(rows);
  });

  it('keeps a column that is called __proto__ from reaching any prototype', async () => {
    const { rows } = await read({ 'rows.csv': '__proto__,a\nx,y\n' }, 'rows.csv');
    expect(Object.keys(rows[0] ?? {})).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
  });

  it('reads nothing of a file with a quote that is never closed, since what is lost could not be counted', async () => {
    const csv = 'a,b\n1,2\n"3,4\n5,6\n7,8\n';
    expect(await refusal({ 'rows.csv': csv }, 'rows.csv')).toContain(
      'has a quote that is never closed, somewhere after line 2',
    );
  });

  it('passes over what is nested so deeply that nothing could walk through it', async () => {
    const deep = `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const { rows, notes } = await read({ 'rows.jsonl': `{"a":1}\n${deep}\n` }, 'rows.jsonl');
    expect(rows).toEqual([{ a: 1 }]);
    expect(notes).toMatchObject([{ reason: 'nested too deeply', count: 1 }]);
  });

  it('changes no letter of a file that is not UTF-8: it refuses it', async () => {
    const latin1 = Buffer.from('name\nJos\u00e9\n', 'latin1');
    expect(await refusal({ 'rows.csv': latin1 }, 'rows.csv')).toContain('is not text in UTF-8');
  });

  it('neither waits for a pipe nor reads a device', async () => {
    const folder = folderWith({});
    execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
    symlinkSync('/dev/zero', join(folder, 'device.csv'));
    for (const path of ['pipe.csv', 'device.csv']) {
      const opened = await localFile.open({ path }, { baseDir: folder, env: {}, homeDir: '/nonexistent' });
      expect(opened.ok ? 'opened' : opened.error.message).toContain('is not a regular file');
    }
  });

  it('says what is wrong with a file that is not there or cannot be rows', async () => {
    expect(await refusal({ 'rows.csv': 'a\n1' }, 'row.csv')).toBe(
      '`row.csv` does not exist | did you mean `rows.csv`?',
    );
    expect(await refusal({ 'rows.xlsx': 'x' }, 'rows.xlsx')).toContain(
      'its name must end in .csv, .json, .jsonl, .tsv, .parquet',
    );
    expect(await refusal({}, '*.csv')).toContain('no file is called `*.csv`');
    expect(await refusal({}, 'nowhere/rows.csv')).toContain(
      'the folder of `nowhere/rows.csv` does not exist',
    );
    expect(await refusal({ 'rows.csv': 'a,a\n1,2' }, 'rows.csv')).toContain('has two columns named `a`');
    expect(await refusal({ 'rows.json': '{"a":1}' }, 'rows.json')).toContain('must be a list of objects');
  });
});
