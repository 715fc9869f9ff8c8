import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createWorkspace, projectDir, type Workspace } from '../rig/program.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace.remove());

it('the README shows what its first command prints', async () => {
  const readme = readFileSync(join(projectDir, 'README.md'), 'utf8');
  const [, shown = ''] = /```\n(first record\n.*?)\n```/s.exec(readme) ?? [];
  const traces = join(projectDir, 'examples/traces');
  const recipe = join(projectDir, 'recipes/agent-rollout.yaml');
  const { stdout, stderr } = await workspace.run(['run', recipe, '--dry-run', '--trace-dir', traces]);
  const printed = timeless(`${stdout}\n${stderr}`);
  // `…` stands for what was left out. The next step has the name that the program was started by.
  const parts = shown
    .split('\n')
    .filter((line) => !line.startsWith('next: '))
    .flatMap((line) => timeless(line).split('…'));
  expect(parts.length).toBeGreaterThan(20);
  expect(parts.filter((part) => !printed.includes(part))).toEqual([]);
});

const timeless = (text: string): string => text.replaceAll(/ in \d+s/g, ' in 0s');
