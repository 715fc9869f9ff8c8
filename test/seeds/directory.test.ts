import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { textDecoder } from '../../src/seeds/directory/encodings.js';
import { directory } from '../../src/seeds/directory/directory.js';
import { fileContents } from '../../src/seeds/directory/file-contents.js';
import { inlineRows } from '../../src/seeds/inline-rows.js';
import type { SeedType } from '../../src/seeds/types.js';
import { folderWith, readSeed, removeFolders, type Everything, type Files } from '../traces/support.js';

afterAll(removeFolders);

type Source = Parameters<typeof fileContents.open>[0];

async function read(
  type: Pick<SeedType<Source>, 'open'>,
  folder: string,
  source: Partial<Source> = {},
): Promise<Everything> {
  const opened = await type.open(
    { path: '.', ...source },
    { baseDir: folder, env: {}, homeDir: '/nonexistent' },
  );
  if (!opened.ok) throw new Error(`${opened.error.key}: ${opened.error.message}`);
  return readSeed(opened.value);
}
const pathsOf = async (files: Files, source: Partial<Source>): Promise<readonly unknown[]> =>
  (await read(directory, folderWith(files), source)).rows.map((row) => row['relative_path']);

const files: Files = {
  'b.md': '# b',
  'a.txt': 'a',
  'A.TXT': 'capital',
  'sub/c.txt': 'c',
  'sub/.hidden.txt': 'h',
  '.git/d.txt': 'd',
  'sub-a/e.txt': 'e',
};

describe('a directory seed', () => {
  it('has a row for each file, by relative path, without hidden ones', async () => {
    const folder = folderWith(files);
    const { rows } = await read(directory, folder);
    expect(rows.map((row) => row['relative_path'])).toEqual([
      'A.TXT', 'a.txt', 'b.md', 'sub-a/e.txt', 'sub/c.txt',
    ]); // prettier-ignore
    expect(rows[4]).toEqual({
      source_kind: 'directory_file',
      source_path: join(folder, 'sub/c.txt'),
      relative_path: 'sub/c.txt',
      file_name: 'c.txt',
    });
  });

  it('takes the files whose name alone matches, in the case of the pattern', async () => {
    expect(await pathsOf(files, { file_pattern: '*.txt' })).toEqual(['a.txt', 'sub-a/e.txt', 'sub/c.txt']);
    expect(await pathsOf(files, { file_pattern: '[!a].*' })).toEqual([
      'A.TXT', 'b.md', 'sub-a/e.txt', 'sub/c.txt',
    ]); // prettier-ignore
    expect(await pathsOf(files, { file_pattern: '.*' })).toEqual(['sub/.hidden.txt']);
    expect(await pathsOf(files, { file_pattern: '*.txt', recursive: false })).toEqual(['a.txt']);
  });

  it('says that there is nothing, and what is wrong', async () => {
    const folder = folderWith(files);
    await expect(read(directory, folder, { file_pattern: '*.pdf' })).rejects.toThrow(
      'file_pattern: no file in `.` is called `*.pdf`',
    );
    await expect(read(directory, folder, { path: 'nowhere' })).rejects.toThrow(
      'path: `nowhere` does not exist',
    );
    await expect(read(directory, folder, { path: 'a.txt' })).rejects.toThrow('path: `a.txt` is not a folder');
    await expect(read(directory, folder, { file_pattern: 'sub/*' })).rejects.toThrow('file_pattern: ');
  });

  it('gives many files once, in order', async () => {
    const many = Array.from({ length: 1203 }, (_, n) => `${String(n).padStart(5, '0')}.txt`);
    expect(await pathsOf(Object.fromEntries(many.map((name) => [name, ''])), {})).toEqual(many);
  });
});

describe('a file_contents seed', () => {
  it('has the text of each file, without a byte order mark', async () => {
    const folder = folderWith({ 'a.txt': '\uFEFFalpha\r\n', 'b.txt': '' });
    expect((await read(fileContents, folder)).rows).toEqual([
      {
        source_kind: 'file_contents',
        source_path: join(folder, 'a.txt'),
        relative_path: 'a.txt',
        file_name: 'a.txt',
        content: 'alpha\r\n',
      },
      expect.objectContaining({ file_name: 'b.txt', content: '' }),
    ]);
  });

  it('counts files that are no text in the encoding, and pipes, and reads the others', async () => {
    const folder = folderWith({ 'a.txt': 'a', 'b.png': Uint8Array.from([0x89, 0x50, 0xff]) });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const { rows, notes } = await read(fileContents, folder);
    expect(rows.map((row) => row['content'])).toEqual(['a']);
    expect(notes.map(({ kind, source, reason }) => [kind, source.slice(folder.length + 1), reason])).toEqual([
      ['filtered', 'pipe', 'is not a regular file'],
      ['filtered', 'b.png', 'is not text in utf-8'],
    ]);
  });

  it('refuses an encoding that there is not', async () => {
    await expect(read(fileContents, folderWith(files), { encoding: 'utf-9' })).rejects.toThrow(
      'encoding: there is no encoding `utf-9`',
    );
  });
});

describe('encodings', () => {
  it.each<[string, readonly number[], string | undefined]>([
    ['utf-8', [0xc3, 0xa9], 'é'],
    ['UTF8', [0xef, 0xbb, 0xbf, 0x61], 'a'],
    ['utf_8_sig', [0xef, 0xbb, 0xbf, 0x61], 'a'],
    ['utf-8', [0xe9], undefined],
    ['latin-1', [0xe9, 0x80], 'é\u0080'],
    ['ISO-8859-1', [0x80], '\u0080'],
    ['cp1252', [0x80], '€'],
    ['windows-1252', [0x80], '€'],
    ['ascii', [0x61], 'a'],
    ['ascii', [0xe9], undefined],
    ['utf-16', [0xff, 0xfe, 0x61, 0], 'a'],
    ['utf-16', [0xfe, 0xff, 0, 0x61], 'a'],
    ['utf_16_be', [0, 0x61], 'a'],
    ['utf-16', [0x61], undefined],
    ['iso8859-15', [0xa4], '€'],
    ['latin2', [0xb1], 'ą'],
    ['cp1251', [0xcf], 'П'],
    ['koi8_r', [0xf0], 'П'],
    ['shift_jis', [0x82, 0xa0], 'あ'],
    ['cp932', [0x82, 0xa0], 'あ'],
    ['euc_kr', [0xb0, 0xa1], '가'],
    ['gbk', [0xc4, 0xe3], '你'],
    ['big5', [0xa7, 0x41], '你'],
    ['mac_roman', [0x8e], 'é'],
  ])('%s of %j', (name, bytes, expected) => {
    expect(textDecoder(name)?.(Uint8Array.from(bytes))).toBe(expected);
  });

  it('has no other names', () => {
    for (const name of ['', 'klingon', 'constructor', '__proto__', 'base64', 'hex'])
      expect(textDecoder(name)).toBeUndefined();
  });
});

describe('a seed of rows in the recipe', () => {
  it('has their columns, with types, and null where a row has none', async () => {
    const rows = [{ a: 1, tags: ['x'] }, { b: 'y' }];
    const opened = await inlineRows.open({ rows }, { baseDir: '/', env: {}, homeDir: '/' });
    if (!opened.ok) throw new Error(opened.error.message);
    expect((await readSeed(opened.value)).rows).toEqual([
      { a: 1, tags: ['x'], b: null },
      { a: null, tags: null, b: 'y' },
    ]);
    expect(inlineRows.columns({ rows }, '/').map(({ name, schema }) => [name, schema['type']])).toEqual([
      ['a', ['integer', 'null']],
      ['tags', ['array', 'null']],
      ['b', ['string', 'null']],
    ]);
  });
});
