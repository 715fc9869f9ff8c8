import { readdirSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { projectDir } from '../rig/program.js';

const textOf = (file: string): string => readFileSync(`${projectDir}/${file}`, 'utf8');

const manifest = JSON.parse(textOf('package.json')) as {
  bin: Record<string, string>;
  engines: { node: string };
};

/** Flags that a shell text gives to a command of ours: `dd-recipes validate --x`. */
function callsIn(text: string): readonly { readonly command: string; readonly flags: readonly string[] }[] {
  return [...text.matchAll(/\b(?:dd|dd-recipes) ([a-z][a-z-]*)(.*)/g)].map(([, command = '', rest = '']) => ({
    command,
    flags: [...rest.matchAll(/(?:^| )--([a-z-]+)/g)].map(([, flag = '']) => flag),
  }));
}

function expectToExist(text: string): void {
  const calls = callsIn(text);
  expect(calls.length).toBeGreaterThan(0);
  for (const { command, flags } of calls) {
    expect(Object.keys(COMMANDS)).toContain(command);
    for (const flag of flags.filter((name) => name !== 'json'))
      expect(Object.keys(COMMANDS[command]?.flags ?? {})).toContain(flag);
  }
}

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

describe('action.yml', () => {
  const { inputs, runs } = parse(textOf('action.yml')) as Action;
  const scripts = runs.steps.flatMap(({ run }) => run ?? []);
  const last = runs.steps.at(-1);
  const script = last?.run ?? '';

  it('runs its own checkout, with commands and flags that exist', () => {
    expect(script).toContain('node "$GITHUB_ACTION_PATH/bin/run.js" validate');
    expect(manifest.bin['dd']).toBe('bin/run.js');
    expect(scripts.join('\n')).not.toMatch(/npx|npm (?:install|i|exec) /);
    const options = /options=\(--([a-z]+) ([a-z]+)\)/.exec(script);
    expect(options?.slice(1)).toEqual(['format', 'github']);
    expect(COMMANDS['validate']?.flags['format']).toMatchObject({
      options: expect.arrayContaining(['github']),
    });
    for (const [, flag = ''] of script.matchAll(/options\+=\(--([a-z]+)\)/g))
      expect(Object.keys(COMMANDS['validate']?.flags ?? {})).toContain(flag);
  });

  it('accepts the versions of Node that the package accepts, and sets up one of them for others', () => {
    const [check, setUp] = runs.steps;
    const expression = /node -p '(.*)'/.exec(check?.run ?? '')?.[1] ?? '';
    const works = (node: string): unknown =>
      runInNewContext(expression, { process: { versions: { node } }, Number });
    expect(manifest.engines.node).toBe('>=20.19');
    expect(['20.19.0', '22.1.0', '24.0.0'].map(works)).toEqual([true, true, true]);
    expect(['18.20.1', '20.18.3', '16.0.0'].map(works)).toEqual([false, false, false]);
    expect(setUp).toMatchObject({
      if: "steps.node.outputs.works != 'true'",
      uses: expect.stringMatching(/^actions\/setup-node@v\d+$/),
      with: { 'node-version': '22' },
    });
  });

  it('hands every input over as a variable, and no input into a script itself', () => {
    for (const run of scripts) expect(run).not.toContain('${{');
    const handed = Object.values(last?.env ?? {}).map(
      (value) => /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1],
    );
    expect(handed.sort()).toEqual(Object.keys(inputs).sort());
    for (const name of Object.keys(last?.env ?? {})) expect(script).toContain(`$${name}`);
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

describe('docs', () => {
  it('name no npm package, which is not published', () => {
    const pages = [
      'README.md',
      'action.yml',
      ...readdirSync(`${projectDir}/docs`)
        .filter((page) => page.endsWith('.md'))
        .map((page) => `docs/${page}`),
    ];
    for (const page of pages)
      expect(textOf(page)).not.toMatch(/npx (?:--yes )?dd|npm (?:install|i)(?: -g| --global)? dd-recipes/);
  });
});
