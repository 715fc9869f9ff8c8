/** Runs Jest with the flags that ES modules need. `--changed`: only tests of what was edited since the last commit. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const args = process.argv.slice(2).map((arg) => (arg === '--changed' ? '--onlyChanged' : arg));
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...flags, jest, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 1;
