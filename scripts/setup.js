/**
 * Makes a fresh clone ready to run: installs the packages when the lockfile is newer than they are, then
 * builds. `npm start` and `npm test` call it, so that nothing has to be done before them.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const modified = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

// The build is a step of its own, so that each step says what takes the time.
if (modified('node_modules/.package-lock.json') < modified('package-lock.json'))
  await step('installing packages', 'npm ci --no-audit --no-fund --loglevel=error', { DD_PREPARE: 'skip' });
await step('building dd', 'npm run --silent build');

/** Runs a command: says at once what it does, adds a dot every second, and ends the line with the seconds it took. */
async function step(title, command, variables = {}) {
  process.stderr.write(`${title} .`);
  const started = Date.now();
  const timer = setInterval(() => process.stderr.write('.'), 1000);
  const output = [];
  const child = spawn(command, {
    shell: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variables },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  process.stderr.write(` ${Math.round((Date.now() - started) / 1000)}s\n`);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  process.stderr.write(`\n${title} failed: ${command}\n`);
  process.exit(1);
}
