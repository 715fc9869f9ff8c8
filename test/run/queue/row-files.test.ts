import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkShared, openBlockRows, removeRows, type BlockRows } from '../../../src/run/queue/block-rows.js';
import { packRows } from '../../../src/run/queue/blocks.js';
import { FILE, ROWS } from '../../../src/run/queue/commands.js';
import { openKnownRun } from '../../../src/run/queue/known-run.js';
import { describeFile, openRows, type ReadRows, type RowFields } from '../../../src/run/queue/row-files.js';
import { folder } from '../../recipe/support.js';

const RUN = 'run-0001';
const TEXTS = ['[0,0,{"text":"one"},[],[]]', '[1,0,{"text":"two"},[],[]]'];

let shared: string;
let own: string;
beforeEach(() => {
  shared = folder({});
  own = join(shared, `dd-${RUN}`);
});

async function rowsOf(run = RUN, place: string | undefined = shared): Promise<BlockRows> {
  const opened = await openBlockRows(run, place);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

async function readerOf(place = shared, here?: string): Promise<ReadRows> {
  const opened = await openRows(RUN, place, here);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** Writes the file of a block; its fields as they come back from Redis. */
async function put(block: string, rows?: BlockRows): Promise<RowFields> {
  const written = await (rows ?? (await rowsOf())).put(block, TEXTS);
  if (!written.ok) throw new Error(written.error.message);
  return Object.fromEntries(
    Object.entries(written.value).map(([field, value]) => [field, Buffer.from(value)]),
  );
}

const fileOf = (fields: RowFields): { name: string; size: number; sha256: string } =>
  JSON.parse(String(fields[FILE])) as ReturnType<typeof fileOf>;
const withFile = (fields: RowFields, file: unknown): RowFields => ({
  ...fields,
  [FILE]: Buffer.from(typeof file === 'string' ? file : JSON.stringify(file)),
});

describe('a block as a file', () => {
  test('is read by a worker as it was written; Redis has its name, size and hash', async () => {
    const fields = await put('block-3');
    const { name, size, sha256 } = fileOf(fields);
    expect(name).toBe(`block-3-${sha256.slice(0, 16)}.rows`);
    expect(readFileSync(join(own, name))).toHaveLength(size);
    expect(readdirSync(own)).toEqual([name]);
    expect(String(fields[ROWS])).toBe('');
    expect(await (await readerOf())('block-3', fields)).toEqual({ ok: true, value: TEXTS });
  });

  test('is read where the worker has the folder under another path, also through a link to it', async () => {
    const fields = await put('block-3');
    const mounted = join(folder({}), 'mnt');
    symlinkSync(shared, mounted);
    const read = await readerOf('/of/the/coordinator', mounted);
    expect(await read('block-3', fields)).toEqual({ ok: true, value: TEXTS });
  });

  test('rows in Redis are read with and without a folder', async () => {
    const fields = { [ROWS]: await packRows(TEXTS) };
    await rowsOf();
    for (const read of [await openRows(RUN, undefined, undefined), await openRows(RUN, shared, undefined)])
      expect(read.ok && (await read.value('block-0', fields))).toEqual({ ok: true, value: TEXTS });
  });
});

/** What a worker says of fields that somebody has written into Redis, or of a file that was changed. */
async function refusal(fields: RowFields, block = 'block-3'): Promise<string> {
  const read = await (await readerOf())(block, fields);
  return read.ok ? 'it was read' : read.error.message;
}

describe('a worker refuses', () => {
  const NONE = 'the queue names no file that this block can have';

  test.each([
    ['a path out of the folder', (name: string) => `../${name}`],
    ['an absolute path', () => '/etc/hostname'],
    ['another name', () => 'block-3.rows'],
    ['the name of another block', (name: string) => name.replace('block-3', 'block-4')],
    ['no text', () => 3],
  ])('%s', async (_, rename) => {
    const fields = await put('block-3');
    const file = fileOf(fields);
    expect(await refusal(withFile(fields, { ...file, name: rename(file.name) }))).toContain(NONE);
  });

  test.each([
    ['a size beyond every block', { size: 2 ** 40 }],
    ['a size below one', { size: -1 }],
    ['a size that is no number', { size: '3' }],
    ['a hash that is none', { sha256: '../../x' }],
  ])('%s', async (_, other) => {
    const fields = await put('block-3');
    expect(await refusal(withFile(fields, { ...fileOf(fields), ...other }))).toContain(NONE);
  });

  test.each(['', '{', 'null', '[]', '"x"'])('%p in place of a file', async (text) => {
    expect(await refusal(withFile(await put('block-3'), text))).toContain(NONE);
  });

  test('a block whose own name leads elsewhere', async () => {
    const bytes = await packRows(TEXTS);
    mkdirSync(own);
    writeFileSync(join(shared, describeFile('x', bytes).name), bytes);
    const fields = withFile({ [ROWS]: Buffer.of() }, describeFile('../x', bytes));
    expect(await refusal(fields, '../x')).toContain(NONE);
  });

  test('a file with other bytes of the same size, and one of another size', async () => {
    const fields = await put('block-3');
    const { name, size } = fileOf(fields);
    writeFileSync(join(own, name), Buffer.alloc(size));
    expect(await refusal(fields)).toBe(
      `the rows of block-3 cannot be read in ${own}: ${name} has other bytes than the coordinator wrote`,
    );
    writeFileSync(join(own, name), '');
    expect(await refusal(fields)).toContain(`${name} has 0 bytes, and the coordinator wrote ${size}`);
    expect(await refusal(withFile(fields, { ...fileOf(fields), size: 2 ** 29 }))).toContain('has 0 bytes');
  });

  test('a file that is not there, a folder, a pipe, and links, also to the right bytes', async () => {
    const fields = await put('block-3');
    const { name } = fileOf(fields);
    const [path, away] = [join(own, name), join(shared, 'away')];
    renameSync(path, away);
    expect(await refusal(fields)).toContain(`${name}: there is no such file or folder`);
    symlinkSync(away, path);
    expect(await refusal(fields)).toContain(`${name} is a link`);
    rmSync(path);
    mkdirSync(path);
    expect(await refusal(fields)).toContain(`${name} is not a regular file`);
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    expect(await refusal(fields)).toContain(`${name} is not a regular file`);
  });

  test('the file of another run under the folder of this one', async () => {
    const fields = await put('block-3', await rowsOf('run-0002'));
    await rowsOf();
    expect(await refusal(fields)).toContain('there is no such file or folder');
    rmSync(own, { recursive: true });
    symlinkSync(join(shared, 'dd-run-0002'), own);
    expect(await openRows(RUN, shared, undefined)).toMatchObject({
      error: { message: `its rows are files in ${own}, which cannot be used here: it is a link` },
    });
  });

  test('a file of a run that names no folder', async () => {
    const fields = await put('block-3');
    const read = await openRows(RUN, undefined, undefined);
    expect(read.ok && (await read.value('block-3', fields))).toMatchObject({
      error: { message: 'the rows of block-3 cannot be read: the run names no folder' },
    });
  });

  test('a folder that is not there, and says what to type', async () => {
    const cannot = (why: string): string => `its rows are files in ${own}, which cannot be used here: ${why}`;
    expect(await openRows(RUN, shared, undefined)).toEqual({
      ok: false,
      error: {
        message: cannot('there is no such file or folder'),
        hint: 'mount the folder, or say where it is on this machine: dd worker --queue-rows DIR',
      },
    });
    expect(await openRows(RUN, '/of/the/coordinator', shared)).toMatchObject({
      error: { hint: expect.stringContaining('that the coordinator names /of/the/coordinator') },
    });
    writeFileSync(own, '');
    expect(await openRows(RUN, shared, undefined)).toMatchObject({
      error: { message: cannot('it is not a folder') },
    });
  });

  test.each([
    ['relative/rows', RUN, 'it is no path of this machine'],
    ['//evil.example/rows', RUN, 'it is no path of this machine'],
    ['\\\\evil.example\\rows', RUN, 'it is no path of this machine'],
    ['/tmp', '../../etc/x', 'the run has no usable id'],
  ])('a folder %s of a run %s', async (place, run, why) => {
    const opened = await openRows(run, place, undefined);
    expect(opened).toMatchObject({ error: { message: expect.stringContaining(why) } });
  });
});

describe('the coordinator', () => {
  test('removes the file of a block that was collected, and what nobody needs any more', async () => {
    const rows = await rowsOf();
    const [one, two] = [await put('block-1', rows), await put('block-2', rows)];
    await rows.remove('block-1');
    expect(readdirSync(own)).toEqual([fileOf(two).name]);
    await put('block-4', rows);
    writeFileSync(join(own, 'block-5-0.rows.tmp'), 'half');

    const later = await rowsOf();
    expect(await later.take('block-1', one)).toBeUndefined();
    expect(await later.take('block-2', two)).toEqual(TEXTS);
    await later.removeOthers();
    expect(readdirSync(own)).toEqual([fileOf(two).name]);
    await later.remove('block-2');
    expect(readdirSync(own)).toEqual([]);
    await removeRows(RUN, shared);
    expect(readdirSync(shared)).toEqual([]);
  });

  test('takes no block back that was changed or that is in Redis under another choice', async () => {
    const fields = await put('block-1');
    writeFileSync(join(own, fileOf(fields).name), 'other');
    expect(await (await rowsOf()).take('block-1', fields)).toBeUndefined();
    const inRedis = await openBlockRows(RUN, undefined);
    expect(inRedis.ok && (await inRedis.value.take('block-1', fields))).toBeUndefined();
  });

  test('says what it cannot write, and leaves no half file', async () => {
    const rows = await rowsOf();
    rmSync(own, { recursive: true });
    expect(await rows.put('block-1', TEXTS)).toEqual({
      ok: false,
      error: {
        message: `the rows for workers cannot be written to ${shared}: there is no such file or folder`,
        hint: expect.stringContaining('Without it, rows go through Redis'),
      },
    });
    expect(existsSync(own)).toBe(false);
  });

  test('says of a folder that is none, or is not there, before anything else', async () => {
    expect(await checkShared(shared)).toBeUndefined();
    expect(readdirSync(shared)).toEqual([]);
    expect((await checkShared(join(shared, 'none')))?.message).toContain('there is no such file or folder');
    writeFileSync(join(shared, 'file'), '');
    expect((await checkShared(join(shared, 'file')))?.message).toContain('it is not a folder');
  });

  test('writes into no folder that a link leads to', async () => {
    const elsewhere = folder({});
    symlinkSync(elsewhere, own);
    expect(await openBlockRows(RUN, shared)).toMatchObject({
      error: { message: expect.stringContaining('it is a link') },
    });
    await removeRows(RUN, shared);
    expect([existsSync(elsewhere), existsSync(own)]).toEqual([true, false]);
  });
});

describe('the file of a run', () => {
  test('keeps the id and the folders until nothing is left in them', async () => {
    const file = join(folder({}), 'queue', 'r');
    const left: string[] = [];
    const open = async (place: string | undefined) => {
      const opened = await openKnownRun(file, place, (text) => left.push(text));
      if (!opened.ok) throw new Error(opened.error.message);
      return opened.value;
    };
    const first = await open(shared);
    await put('block-1', first.rows);
    const other = folder({});
    const second = await open(other);
    expect(second.id).toBe(first.id);
    expect(readdirSync(shared)).toEqual([`dd-${first.id}`]);
    await second.removeEarlier();
    expect([readdirSync(shared), readdirSync(other)]).toEqual([[], [`dd-${first.id}`]]);
    const third = await open(undefined);
    expect(third.id).toBe(first.id);
    await third.remove();
    expect([readdirSync(other), existsSync(file), left]).toEqual([[], false, []]);
  });
});
