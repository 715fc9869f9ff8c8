import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { projectDir } from '../rig/program.js';

const textOf = (file: string): string => readFileSync(`${projectDir}/${file}`, 'utf8');

const manifest = JSON.parse(textOf('package.json')) as { name: string; bin: Record<string, string> };

/** Flags that a shell text gives to a command of ours: `dd-recipes validate --x`. */
function callsIn(text: string): readonly { readonly command: string; readonly flags: readonly string[] }[] {
  return [...text.matchAll(/\b(?:dd|dd-recipes(?:@\$VERSION)?)"? ([a-z][a-z-]*)(.*)/g)].map(
    ([, command = '', rest = '']) => ({
      command,
      flags: [...rest.matchAll(/(?:^| )--([a-z-]+)/g)].map(([, flag = '']) => flag),
    }),
  );
}

function expectToExist(text: string): void {
  const calls = callsIn(text);
  expect(calls.length).toBeGreaterThan(0);
  for (const { command, flags } of calls) {
    expect(Object.keys(COMMANDS)).toContain(command);
    for (const flag of flags) expect(Object.keys(COMMANDS[command]?.flags ?? {})).toContain(flag);
  }
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: {
    readonly using: string;
    readonly steps: readonly [
      { readonly run: string; readonly shell: string; readonly env: Readonly<Record<string, string>> },
    ];
  };
}

describe('action.yml', () => {
  const { inputs, runs } = parse(textOf('action.yml')) as Action;
  const [step] = runs.steps;

  it('runs commands and flags that exist, of this package', () => {
    expectToExist(step.run);
    const options = /options=\(--([a-z]+) ([a-z]+)\)/.exec(step.run);
    expect(options?.slice(1)).toEqual(['format', 'github']);
    expect(COMMANDS['validate']?.flags['format']).toMatchObject({
      options: expect.arrayContaining(['github']),
    });
    for (const [, flag = ''] of step.run.matchAll(/options\+=\(--([a-z]+)\)/g))
      expect(Object.keys(COMMANDS['validate']?.flags ?? {})).toContain(flag);
    expect(step.run).toContain(`"${manifest.name}@$VERSION"`);
  });

  it('hands every input over as a variable, and no input into the script itself', () => {
    expect(step.run).not.toContain('${{');
    const handed = Object.values(step.env).map((value) => /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1]);
    expect(handed.sort()).toEqual(Object.keys(inputs).sort());
    for (const name of Object.keys(step.env)) expect(step.run).toContain(`$${name}`);
  });
});

describe('.pre-commit-hooks.yaml', () => {
  const [hook] = parse(textOf('.pre-commit-hooks.yaml')) as [Readonly<Record<string, string>>];

  it('runs a command and flags that exist, by the name that the package installs', () => {
    expectToExist(hook['entry'] ?? '');
    expect(Object.keys(manifest.bin)).toContain(hook['entry']?.split(' ')[0]);
    expect(hook['language']).toBe('node');
  });

  it('looks at recipes and at nothing else', () => {
    const files = new RegExp(hook['files'] ?? '$.');
    expect(['recipes/a.yaml', 'x/recipes/b/c.yml'].every((file) => files.test(file))).toBe(true);
    expect(
      ['docker-compose.yaml', 'recipes/a.json', 'myrecipes/a.yaml'].some((file) => files.test(file)),
    ).toBe(false);
  });
});

describe('docs/ci.md', () => {
  it('names commands, flags, inputs and hooks that exist', () => {
    const page = textOf('docs/ci.md');
    for (const [, block = ''] of page.matchAll(/^```\w*\n(.*?)^```/gms))
      if (/\bdd(?:-recipes)? [a-z]/.test(block)) expectToExist(block);
    const { inputs } = parse(textOf('action.yml')) as Action;
    const [, block = ''] = /```yaml\n(- uses: .*?)```/s.exec(page) ?? [];
    const [step] = parse(block) as [{ readonly with: object }];
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step.with)));
    const [hook] = parse(textOf('.pre-commit-hooks.yaml')) as [Readonly<Record<string, string>>];
    expect(page).toContain(`- id: ${hook['id']}`);
  });
});
