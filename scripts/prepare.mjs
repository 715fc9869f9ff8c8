/**
 * Builds the program when npm packs it or installs it from git (npm's `prepare`). `npm install -g` from git, which
 * pre-commit uses, comes here without the packages that the build needs: its setting `global` also reaches the
 * installation of these packages. They are then installed here, into this folder. `scripts/setup.js`, which builds itself, skips it.
 */
import { execSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
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
// What an earlier version compiled is not packed.
rmSync(`${root}/dist`, { recursive: true, force: true });
run('npm run --silent build');
replaceGlobalLink();

/**
 * `npm install -g git+…` installs what the build needs with an `npm install` that is global too. So npm links the
 * clone, which it soon deletes, to the place where the package itself is about to be unpacked. A folder takes the
 * place of that link. package.json bundles one dependency because npm unpacks a package that bundles any first, and
 * its dependencies afterwards; otherwise they would go into the clone at the same time.
 */
function replaceGlobalLink() {
  const prefix = process.env.npm_config_global_prefix ?? process.env.npm_config_prefix;
  if (!/[\\/]_cacache[\\/]tmp[\\/]/.test(root) || prefix === undefined) return;
  const place = join(prefix, 'lib', 'node_modules', 'dd-recipes');
  if (!lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  unlinkSync(place);
  mkdirSync(place);
}
