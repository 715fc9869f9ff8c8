import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDd, type Plugin } from '../../src/index.js';
import { checkSeedType, makeOneRow } from '../../src/testing/index.js';
import { transform } from '@swc/core';
import { projectDir } from '../rig/program.js';

/** The TypeScript blocks of CONTRIBUTING, in order, with the path that the text gives each. */
const page = readFileSync(join(projectDir, 'CONTRIBUTING.md'), 'utf8');
const snippets = [...page.matchAll(/`(src\/[a-z/-]+\.ts)`[^\n]*\n+```ts\n(.*?)```/gs)].map(
  ([, file = '', code = '']) => ({ file, code }),
);

let folder: string;
beforeAll(() => {
  // Inside the project, so that imports of packages and of src resolve.
  folder = mkdtempSync(join(projectDir, 'test', 'docs', '.snippets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The code as a file two folders below the project's root, as it would be in `src/`. */
const moved = (code: string, file: string): string =>
  code.replaceAll(/from '(\.\.?\/[^']+)'/g, (_, path: string) => {
    const target = join(projectDir, file, '..', path);
    return `from '${target}'`;
  });

async function load(file: string, code: string): Promise<Record<string, unknown>> {
  const { code: javascript } = await transform(moved(code, file), {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  const module = join(folder, `${file.replaceAll('/', '-')}.mjs`);
  writeFileSync(module, javascript.replaceAll(`${projectDir}src/`, `${projectDir}dist/`));
  return (await import(pathToFileURL(module).href)) as Record<string, unknown>;
}

describe('the snippets of CONTRIBUTING', () => {
  it('are a column type and a seed type', () => {
    expect(snippets.map(({ file }) => file)).toEqual(['src/columns/shout.ts', 'src/seeds/counter.ts']);
  });

  it('compile under the rules of the project', () => {
    for (const { file, code } of snippets)
      writeFileSync(join(folder, file.replaceAll('/', '-')), moved(code, file));
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.json', include: ['*.ts'] }));
    const tsc = join(projectDir, 'node_modules/.bin/tsc');
    expect(() => execFileSync(tsc, ['-p', config], { encoding: 'utf8' })).not.toThrow();
  });

  it('run: the column makes its cell', async () => {
    const { shout } = await load('src/columns/shout.ts', snippets[0]?.code ?? '');
    const plugin = { name: 'shout', columns: [shout] } as Plugin;
    const { cells } = await makeOneRow({
      plugins: [plugin],
      row: { name: 'Ada' },
      recipe: { columns: [{ name: 'loud', column_type: 'shout', target: 'name' }] },
    });
    expect(cells).toEqual({ loud: 'ADA' });
    expect(createDd(plugin).registries.columnTypes.has('shout')).toBe(true);
  });

  it('run: the seed gives its rows', async () => {
    const { counter } = await load('src/seeds/counter.ts', snippets[1]?.code ?? '');
    const seed = counter as NonNullable<Plugin['seeds']>[number];
    expect(await checkSeedType(seed, { count: 3 })).toEqual([]);
  });
});
