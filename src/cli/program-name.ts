import { basename, dirname, relative, sep } from 'node:path';

/**
 * The program as it was called, for commands to type next: `dd`, `npx dd-recipes` in a project, or `node bin/run.js`
 * in a clone, where `dd` is still the Unix tool.
 */
export function programName(called = process.argv[1] ?? '', cwd = process.cwd()): string {
  const name = basename(called);
  if (basename(dirname(called)) === '.bin') return `npx ${name}`;
  if (name !== 'run.js') return name === 'dd-recipes' ? name : 'dd';
  if (called.includes(`${sep}node_modules${sep}`)) return 'dd';
  const path = relative(cwd, called);
  return `node ${path.startsWith('..') ? called : path}`;
}
