import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { digestPlugins, type PluginDigest } from '../../src/plugins/plugin-digest.js';
import { folder } from '../recipe/support.js';

type Files = Readonly<Record<string, string>>;

async function digestOf(plugin: string, dir: string): Promise<PluginDigest | undefined> {
  const digests = await digestPlugins([plugin], join(dir, 'recipe.yaml'));
  if (!digests.ok) throw new Error(digests.error);
  return digests.value[0];
}

const ofModule = async (files: Files): Promise<string | undefined> =>
  (await digestOf('./p.mjs', folder(files)))?.sha256;

const inPackage = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/p/${name}`, text]));

describe('the hash of a plugin that is a file', () => {
  const files = {
    'p.mjs': `import { a } from './lib/a.mjs';
export * from "./b.mjs";
import './side.mjs';
const later = () => import('./later.mjs');
const names = new URL('./names.json', import.meta.url);
const old = require('./old');
import fs from 'node:fs';
import { definePlugin } from 'dd-recipes';`,
    'lib/a.mjs': "import '../deep.mjs';",
    'deep.mjs': 'deep',
    'b.mjs': 'b',
    'side.mjs': 'side',
    'later.mjs': "import './p.mjs';",
    'names.json': '["./unread.json"]',
    'old.js': 'old',
    'recipe.yaml': '',
  };

  it('is the same in every folder, whatever else is there', async () => {
    expect(await ofModule({ ...files, 'seed.jsonl': '{}', 'unread.json': '1' })).toBe(await ofModule(files));
    const dir = folder(files);
    expect((await digestOf(join(dir, 'p.mjs'), dir))?.sha256).toBe(await ofModule(files));
  });

  it.each(Object.keys(files).filter((name) => name !== 'recipe.yaml'))('has %s in it', async (name) => {
    const edited = { ...files, [name]: `${files[name as keyof typeof files]} // edited` };
    expect(await ofModule(edited)).not.toBe(await ofModule(files));
  });

  it('changes when a file is missing', async () => {
    const { 'deep.mjs': _, ...rest } = files;
    expect(await ofModule(rest)).not.toBe(await ofModule(files));
  });

  it('is that of the file that Node loads where there is a link', async () => {
    const dir = folder({ ...files, 'real/p.mjs': files['p.mjs'] });
    mkdirSync(join(dir, 'linked'));
    symlinkSync(join(dir, 'p.mjs'), join(dir, 'linked', 'p.mjs'));
    expect((await digestOf('./linked/p.mjs', dir))?.sha256).toBe(await ofModule(files));
  });
});

describe('the hash of a plugin that is a package', () => {
  const files = {
    'package.json': '{ "name": "p", "version": "1.2.0", "exports": "./lib/main.mjs" }',
    'lib/package.json': '{ "type": "module" }',
    'lib/main.mjs': 'main',
    'data/words.txt': 'words',
  };
  const ofPackage = (more: Files = {}): Promise<PluginDigest | undefined> =>
    digestOf('p', folder(inPackage({ ...files, ...more })));

  it('has all its files in it, and comes with its version', async () => {
    const digest = await ofPackage();
    expect(digest).toEqual({
      plugin: 'p',
      version: '1.2.0',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await ofPackage()).toEqual(digest);
    expect((await ofPackage({ 'data/words.txt': 'other' }))?.sha256).not.toBe(digest?.sha256);
    expect((await ofPackage({ 'data/more.txt': '' }))?.sha256).not.toBe(digest?.sha256);
    const renamed = folder(inPackage({ ...files, 'data/Words.txt': 'words' }));
    expect((await digestOf('p', renamed))?.sha256).not.toBe(digest?.sha256);
  });

  it('leaves out packages inside it and names that begin with a dot', async () => {
    const more = { 'node_modules/q/index.js': 'q', '.git/HEAD': 'ref', '.cache': 'x' };
    expect(await ofPackage(more)).toEqual(await ofPackage());
  });

  it('follows no link out of it', async () => {
    const linked = async (target: string, text: string): Promise<string | undefined> => {
      const dir = folder({ ...inPackage(files), 'outside/secret.txt': text });
      symlinkSync(target, join(dir, 'node_modules/p/data/link'));
      return (await digestOf('p', dir))?.sha256;
    };
    const one = await linked('../../../outside', 'one');
    expect(await linked('../../../outside', 'two')).toBe(one);
    expect(await linked('../../../elsewhere', 'one')).not.toBe(one);
  });
});

it('a plugin that is not there has no hash, and one that is too large is not compared', async () => {
  expect(await digestPlugins(['./none.mjs'], join(folder({}), 'recipe.yaml'))).toEqual({
    ok: true,
    value: [],
  });
  const many = inPackage({ 'package.json': '{ "name": "p", "exports": "./0.js" }', '0.js': '', '1.js': '' });
  const recipe = join(folder(many), 'recipe.yaml');
  const reason = async (plugin: string, from: string, files: number, bytes: number): Promise<unknown> =>
    digestPlugins([plugin], from, { files, bytes });
  const error = (text: string): object => ({
    ok: false,
    error: expect.stringContaining(`cannot be compared between machines: ${text}`),
  });
  expect(await reason('p', recipe, 2, 2 ** 20)).toEqual(error('it has more than 2 files'));
  expect(await reason('p', recipe, 3, 0)).toEqual(error('its files have more than 0 MB'));
  expect(await reason('p', recipe, 3, 2 ** 20)).toMatchObject({ ok: true });
  const module = folder({ 'p.mjs': "import './a.mjs'; import './b.mjs'", 'a.mjs': '', 'b.mjs': '' });
  expect(await reason('./p.mjs', join(module, 'r.yaml'), 2, 2 ** 20)).toEqual(error('it has more than 2'));
});
