import { readFile, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, sep } from 'node:path';
import { parse } from 'yaml';
import { isObject } from '../core/json.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The person's own settings: `$XDG_CONFIG_HOME/dd/settings.yaml`, or `~/.config/dd/settings.yaml`. */
export function settingsFile(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'dd', 'settings.yaml');
}

/**
 * Files and folders under `trusted_plugins:` of the settings: absolute paths, or paths that begin with `~/`. Only
 * paths count, never the name of a package: a recipe from elsewhere can bring a package of any name with it.
 */
export async function readTrustedPaths(env: Environment): Promise<readonly string[]> {
  const text = await readFile(settingsFile(env), 'utf8').catch(() => '');
  const settings: unknown = parse(text);
  const listed: unknown = isObject(settings) ? settings['trusted_plugins'] : undefined;
  if (!Array.isArray(listed)) return [];
  const paths = listed
    .map(String)
    .map((path) => path.replace(/^~(?=\/)/, () => homedir()))
    .filter((path) => isAbsolute(path));
  return Promise.all(paths.map((path) => realpath(path).catch(() => path)));
}

/** True when a file is one of the trusted ones, or in a trusted folder. Both are real paths, without links. */
export function isTrusted(file: string, trusted: readonly string[]): boolean {
  return trusted.some(
    (path) => file === path || file.startsWith(path.endsWith(sep) ? path : `${path}${sep}`),
  );
}
