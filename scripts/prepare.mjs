/**
 * Builds the program when npm packs it or installs it from git (npm's `prepare`). `npm install -g` from git, which
 * pre-commit uses, comes here without the packages that the build needs: its setting `global` also reaches the
 * installation of these packages. They are then installed here, into this folder. `scripts/setup.js`, which builds itself, skips it.
 */
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

if (process.env.DD_PREPARE === 'skip') process.exit();

const root = fileURLToPath(new URL('..', import.meta.url));
/** Settings of the npm that called this script, which npm would read from its environment again. */
const INHERITED = /^npm_config_(?:global|location|omit|include|only|production|dry_run|package_lock_only)$/i;

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !INHERITED.test(name) && name !== 'NODE_ENV'),
);
// stdout is not for people here: `npm pack` prints the name of its file there.
const run = (command) => execSync(command, { cwd: root, env, stdio: ['ignore', 2, 2] });

if (!['typescript', 'esbuild'].every((name) => existsSync(`${root}/node_modules/${name}/package.json`)))
  run('npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error');
run('npm run --silent build');
