import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { replaceFile } from '../../src/core/files.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dd-replace-'));
  await writeFile(join(dir, 'real'), 'before');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const textOf = (name: string): Promise<string> => readFile(join(dir, name), 'utf8');

describe('putting another text in the place of a file', () => {
  it('makes another file of it: who has the old one open goes on reading that', async () => {
    const { ino } = await stat(join(dir, 'real'));
    await replaceFile(join(dir, 'real'), 'after');
    expect(await textOf('real')).toBe('after');
    expect((await stat(join(dir, 'real'))).ino).not.toBe(ino);
    expect(await readdir(dir)).toEqual(['real']);
  });

  it.each([0o600, 0o644, 0o755])('keeps its mode, whatever the mask of new files: %o', async (mode) => {
    await chmod(join(dir, 'real'), mode);
    await replaceFile(join(dir, 'real'), 'after');
    expect((await stat(join(dir, 'real'))).mode & 0o7777).toBe(mode);
  });

  it('replaces what a link leads to, also over another link', async () => {
    await symlink('real', join(dir, 'near'));
    await symlink('near', join(dir, 'far'));
    await replaceFile(join(dir, 'far'), 'after');
    expect(await Promise.all([readlink(join(dir, 'far')), readlink(join(dir, 'near'))])).toEqual([
      'near',
      'real',
    ]);
    expect(await textOf('real')).toBe('after');
  });

  it('leaves nothing behind where it cannot be done', async () => {
    await symlink('gone', join(dir, 'lost'));
    await expect(replaceFile(join(dir, 'lost'), 'after')).rejects.toThrow('ENOENT');
    await expect(replaceFile(dir, 'after')).rejects.toThrow();
    expect((await readdir(dir)).sort()).toEqual(['lost', 'real']);
    expect(await textOf('real')).toBe('before');
  });
});
