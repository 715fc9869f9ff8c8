import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectDir } from '../rig/program.js';

/** The program as it starts in another version of Node: this one, under another number. */
function startIn(node: string): { readonly status: number | null; readonly stderr: string } {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
      join(projectDir, 'bin/run.js'),
      '--version',
    ],
    { encoding: 'utf8' },
  );
  return { status, stderr };
}

it.each(['12.22.0', '18.20.8', '20.18.3'])('Node %s is refused in words, with what is needed', (node) => {
  const { status, stderr } = startIn(node);
  expect(stderr).toContain(`error: dd needs Node 20.19 or newer, and this is Node ${node}\n`);
  expect(stderr).not.toMatch(/bug|\n\s+at /);
  expect(status).toBe(2);
});

it.each(['20.19.0', '22.0.0', '24.1.0'])('Node %s is accepted', (node) => {
  expect(startIn(node)).toEqual({ status: 0, stderr: '' });
});
