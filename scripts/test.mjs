/**
 * Runs Jest with the flags that ES modules need. With `--changed` only tests that import what was edited since the
 * last commit; tests of the whole program only where they were edited themselves.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const args = process.argv.slice(2).flatMap((arg) => (arg === '--changed' ? changed() : [arg]));
const { status } = spawnSync(process.execPath, [...flags, jest, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;

function changed() {
  const edited = execFileSync('git', ['status', '--porcelain', '--', 'test/e2e'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.endsWith('.test.ts'))
    .map((line) => basename(line));
  const kept = edited.length > 0 ? `(?!${edited.join('|')})` : '';
  return ['--onlyChanged', `--testPathIgnorePatterns=/test/e2e/${kept}`];
}
