import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { watchFiles, type FileWatch } from '../../src/run/watch/files.js';

let dir: string;
let files: FileWatch;
let told: () => void;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dd-test-'));
  files = watchFiles(() => told());
});
afterEach(async () => {
  files.close();
  await rm(dir, { recursive: true, force: true });
});

const path = (...parts: readonly string[]): string => join(dir, ...parts);

/** Resolves when the watch tells of something that happened during `act`, or later. */
async function tells(act: () => Promise<unknown>): Promise<void> {
  const heard = new Promise<void>((resolve) => (told = resolve));
  await act();
  await heard;
}

describe('a watch on files', () => {
  it('tells of a file that another takes the place of, again and again', async () => {
    await writeFile(path('a.yaml'), 'one');
    expect(files.set([path('a.yaml')])).toBe(true);
    for (const text of ['two', 'three']) {
      await writeFile(path('new'), text);
      await tells(() => rename(path('new'), path('a.yaml')));
    }
  });

  it('says whether it watches anything that it did not before', () => {
    expect(files.set([path('a.yaml')])).toBe(true);
    expect(files.set([path('a.yaml')])).toBe(false);
    expect(files.set([path('a.yaml'), path('b.json')])).toBe(true);
    expect(files.set([path('b.json')])).toBe(false);
  });

  it('waits for a folder that is not there, and then for the file', async () => {
    const file = path('schemas', 'deep', 'b.json');
    files.set([file]);
    await tells(() => mkdir(path('schemas', 'deep'), { recursive: true }));
    expect(files.set([file])).toBe(true);
    await tells(() => writeFile(file, '{}'));
  });

  it('finds a folder that was taken away and made again', async () => {
    const file = path('schemas', 'b.json');
    await mkdir(path('schemas'));
    files.set([path('a.yaml'), file]);
    await mkdir(path('other'));
    await rename(path('schemas'), path('old'));
    await rename(path('other'), path('schemas'));
    expect(files.set([path('a.yaml'), file])).toBe(true);
    await tells(() => writeFile(file, '{}'));
  });

  it('tells of what a link leads to', async () => {
    await mkdir(path('real'));
    await writeFile(path('real', 'a.yaml'), 'one');
    await mkdir(path('links'));
    await symlink(path('real', 'a.yaml'), path('links', 'a.yaml'));
    files.set([path('links', 'a.yaml')]);
    await tells(() => writeFile(path('real', 'a.yaml'), 'two'));
  });
});
