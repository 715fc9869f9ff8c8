import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands/index.js';
import { projectDir } from '../rig/program.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(projectDir, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const textOf = (file: string): string => readFileSync(join(projectDir, file), 'utf8');

const FENCED = /^ *```\w*\n(.*?)^ *```$/gms;

/** `#anchors` of a page, made as GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = textOf(page)
    .replaceAll(FENCED, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Flags of a command as they are typed: `cache` of `dd run` is `--no-cache`. */
function flagsOf(command: string): readonly string[] {
  return Object.entries(COMMANDS[command]?.flags ?? {})
    .filter(([, { hidden }]) => !hidden)
    .map(([name, flag]) => ('allowNo' in flag && flag.allowNo ? `--no-${name}` : `--${name}`));
}

/** Params of the recipe that examples run: they are flags as well. */
const PARAMS = ['--format', '--trace-dir', '--model-alias', '--chat-tokens', '--tool-arguments'];

const ALWAYS = ['--help', '--json', '--version'];

describe.each(pages)('%s', (page) => {
  const text = textOf(page);

  it('has no link to a page or a heading that is not there', () => {
    const links = [...text.replaceAll(FENCED, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      return (
        !existsSync(join(projectDir, target)) || (anchor !== undefined && !anchorsOf(target).has(anchor))
      );
    });
    expect(broken).toEqual([]);
  });

  it('gives commands in its code blocks no flag that they do not have', () => {
    const lines = [...text.matchAll(FENCED)].flatMap(([, block = '']) =>
      block.replaceAll('\\\n', ' ').split('\n'),
    );
    const unknown = lines.flatMap((line) => {
      const [, command = '', rest = ''] =
        /(?:^|[\s&|])(?:dd|dd-recipes) ([a-z][a-z-]*)(?:\s+(.*))?$/.exec(line.replace(/\s#.*/, '')) ?? [];
      if (command === '') return [];
      if (!Object.hasOwn(COMMANDS, command)) return [`dd ${command}`];
      const known = new Set([...flagsOf(command), ...PARAMS, ...ALWAYS]);
      return [...rest.matchAll(/(?:^|[\s[])(--[a-z-]+)/g)]
        .filter(([, flag = '']) => !known.has(flag))
        .map(([, flag = '']) => `dd ${command} ${flag}`);
    });
    expect(unknown).toEqual([]);
  });
});

describe('the table of commands in docs/running.md', () => {
  const rows = [...textOf('docs/running.md').matchAll(/^\| `dd ([a-z-]+)[^|]*\|[^|]*\|(.*)\|$/gm)].map(
    ([, command = '', flags = '']) =>
      [command, [...flags.matchAll(/`(--[a-z-]+)`/g)].map(([, flag = '']) => flag)] as const,
  );

  it('has each command once', () => {
    expect(rows.map(([command]) => command).sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it.each(rows)('has every flag of dd %s once, and no other', (command, flags) => {
    expect(flags.toSorted()).toEqual([...flagsOf(command)].sort());
  });

  it('says truly that every command takes --json', () => {
    for (const [name, command] of Object.entries(COMMANDS))
      expect([name, command.enableJsonFlag]).toEqual([name, true]);
  });
});
