import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from '@swc/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';
import { writeSessions } from '../rig/traces.js';

const read = (file: string): string => readFileSync(join(projectDir, file), 'utf8');

/** The programs of docs/library.md. */
const programs = [...read('docs/library.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);

let folder: string;
let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  // Inside the project, so that `dd-recipes` is this package.
  folder = mkdtempSync(join(projectDir, 'test', 'docs', '.library-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await workspace.remove();
});

describe('the program of docs/library.md', () => {
  it('compiles under the rules of the project', () => {
    expect(programs).toHaveLength(1);
    writeFileSync(join(folder, 'program.ts'), programs[0] ?? '');
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ extends: '../../../tsconfig.json', include: ['*.ts'] }));
    const tsc = join(projectDir, 'node_modules/.bin/tsc');
    expect(execFileSync(tsc, ['-p', config], { encoding: 'utf8' })).toBe('');
  });

  it('runs: it makes a dataset and prints the ids of its rows', async () => {
    await workspace.copyRecipes();
    await writeSessions(workspace, 21);
    const { code } = await transform(programs[0] ?? '', {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    });
    writeFileSync(join(folder, 'program.mjs'), code);
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'program.mjs')], {
      cwd: workspace.dir,
      encoding: 'utf8',
      // Nothing of the test runner's own, such as colours: Node warns about them on stderr.
      env: { PATH: process.env['PATH'] ?? '', HOME: workspace.dir },
    });
    expect([stderr, status]).toEqual([
      expect.stringMatching(/^20 rows in .*artifacts\/agent-rollout-dry-run\n$/),
      0,
    ]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(20);
  });
});

describe('docs/api.md', () => {
  it('has a section for every export, and no other', () => {
    const exported = [...read('src/index.ts').matchAll(/export (?:type )?\{([^}]+)\}/g)]
      .flatMap(([, names = '']) => names.split(','))
      .map((name) => name.replace('type ', '').trim())
      .filter(Boolean);
    const sections = [...read('docs/api.md').matchAll(/^### ([\w-]+)/gm)].map(([, name = '']) => name);
    expect(sections.toSorted()).toEqual(exported.toSorted());
  });
});
