import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expandHome } from '../core/home.js';
import { isObject, type Json, type JsonPath } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import { findPlugin } from './find-plugin.js';
import type { Plugin } from './plugin.js';
import { digestPlugin, type PluginDigest } from './plugin-digest.js';
import type { Registries } from './registries.js';
import { readSettings, settingsFile } from './settings.js';

/**
 * Plugins are code, and a recipe may come from anywhere. So a plugin that a recipe names is imported only with
 * permission: `--allow-plugins` for this command, or an entry for its file or folder in the user's settings. A
 * plugin without permission is located and named in a message, but never run.
 */
export interface PluginOptions {
  /** The recipe, or a folder with a trailing slash, from which paths and package names are resolved. */
  readonly from: string;
  /** True with `--allow-plugins`. */
  readonly allow: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The registries without plugins. */
  readonly builtIn: Registries;
  /** What each of them must be like, as another machine has it. Left out, they may be like anything. */
  readonly mustBe?: readonly PluginDigest[] | undefined;
}

export interface LoadedPlugins {
  readonly registries: Registries;
  readonly problems: readonly Problem[];
  /** True when a plugin was not loaded: an unknown name may be one of its types. */
  readonly isPartial: boolean;
}

/** Loads the plugins of a recipe. Problems have paths from the root of the recipe. */
export async function loadPlugins(listed: Json | undefined, options: PluginOptions): Promise<LoadedPlugins> {
  const specifiers = Array.isArray(listed) ? listed.filter((entry) => typeof entry === 'string') : [];
  if (specifiers.length === 0) return { registries: options.builtIn, problems: [], isPartial: false };
  const trusted = options.allow ? [] : await readTrustedPaths(options.env);
  const plugins: Plugin[] = [];
  const problems: Problem[] = [];
  for (const [index, specifier] of specifiers.entries()) {
    const loaded = await loadPlugin(specifier, ['plugins', index], trusted, options);
    if (loaded.ok) plugins.push(loaded.value);
    else problems.push(loaded.error);
  }
  const registries = options.builtIn.with(plugins);
  if (registries.ok) return { registries: registries.value, problems, isPartial: problems.length > 0 };
  const clash = {
    code: 'plugin-clash',
    message: registries.error,
    hint: 'leave one of them out',
    at: ['plugins'],
  };
  return { registries: options.builtIn, problems: [...problems, clash], isPartial: true };
}

async function loadPlugin(
  specifier: string,
  at: JsonPath,
  trusted: readonly string[],
  options: PluginOptions,
): Promise<Result<Plugin, Problem>> {
  const file = await findPlugin(specifier, options.from);
  if (file === undefined)
    return err({
      code: 'plugin-not-found',
      message: `there is no plugin \`${specifier}\``,
      hint: specifier.startsWith('.')
        ? 'the path is relative to the recipe'
        : `install it beside the recipe: npm install ${specifier}`,
      at,
    });
  if (!options.allow && !isTrusted(file, trusted))
    return err({
      code: 'plugin-not-allowed',
      message: `the plugin \`${specifier}\` was not loaded: it is a program, and needs your permission`,
      hint: `read ${file}, then add --allow-plugins, or list it under \`trusted_plugins:\` in ${settingsFile(options.env)}`,
      at,
    });
  const other = options.mustBe && (await findDifference(specifier, file, options.mustBe));
  return other ? err({ code: 'plugin-differs', ...other, at }) : importPlugin(file, specifier, at);
}

/** The hash of each plugin's files when this process loaded it: it keeps the code that it has loaded. */
const loaded = new Map<string, string>();

/** What is not as on the other machine. The plugin is not run for it. */
async function findDifference(
  specifier: string,
  file: string,
  mustBe: readonly PluginDigest[],
): Promise<Pick<Problem, 'message' | 'hint'> | undefined> {
  const digest = await digestPlugin(specifier, file);
  if (!digest.ok) return { message: digest.error };
  const here = digest.value;
  const there = mustBe.find(({ plugin }) => plugin === specifier);
  if (there?.sha256 !== here.sha256)
    return {
      message: `the plugin \`${specifier}\` is ${shown(here)} here, and ${there ? shown(there) : 'of unknown content'} on the coordinator`,
      hint: sameVersion(specifier, here, there),
    };
  if ((loaded.get(file) ?? here.sha256) !== here.sha256)
    return {
      message: `the plugin \`${specifier}\` was changed after this process had loaded it`,
      hint: 'start it again',
    };
  loaded.set(file, here.sha256);
  return undefined;
}

const shown = ({ version, sha256 }: PluginDigest): string =>
  `${version === undefined ? '' : `version ${version}, `}sha256 ${sha256.slice(0, 12)}…`;

function sameVersion(specifier: string, here: PluginDigest, there: PluginDigest | undefined): string {
  if (here.version === undefined)
    return `copy ${specifier}, and the files that it imports, from the coordinator`;
  if (there?.version === undefined || there.version === here.version)
    return `install ${specifier} again on both: the files of one are not those of its version`;
  return `install the same version on both: npm install ${specifier}@${there.version}`;
}

async function importPlugin(file: string, specifier: string, at: JsonPath): Promise<Result<Plugin, Problem>> {
  const broken = (reason: string): Result<never, Problem> =>
    err({ code: 'plugin-broken', message: `the plugin \`${specifier}\` cannot be used: ${reason}`, at });
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error));
  }
  const plugin = module.default;
  if (!isObject(plugin) || typeof plugin['name'] !== 'string')
    return broken('its default export is not a plugin: { name, columns, seeds, … }');
  const odd = LISTS.find((key) => plugin[key] !== undefined && !Array.isArray(plugin[key]));
  if (odd !== undefined) return broken(`its \`${odd}\` is not a list`);
  const { functions } = plugin;
  const areFunctions =
    functions === undefined ||
    (isObject(functions) && Object.values(functions).every((value: unknown) => typeof value === 'function'));
  return areFunctions
    ? ok(plugin as unknown as Plugin)
    : broken('its `functions` is not an object of functions: { name(row, context) { … } }');
}

const LISTS = ['columns', 'seeds', 'formats', 'providers', 'processors', 'checks', 'exporters'];

/**
 * The files and folders under `trusted_plugins:` of the settings: absolute paths, or paths that start with `~/`.
 * Names of packages are not trusted, because a recipe can come with a package of any name.
 */
export async function readTrustedPaths(env: PluginOptions['env']): Promise<readonly string[]> {
  const listed = (await readSettings(env))['trusted_plugins'];
  if (!Array.isArray(listed)) return [];
  const paths = listed
    .map(String)
    .map((path) => expandHome(path, homedir()))
    .filter((path) => isAbsolute(path));
  return Promise.all(paths.map((path) => realpath(path).catch(() => path)));
}

/** True when a file is trusted, or is in a trusted folder. All paths are real paths, without links. */
function isTrusted(file: string, trusted: readonly string[]): boolean {
  return trusted.some(
    (path) => file === path || file.startsWith(path.endsWith(sep) ? path : `${path}${sep}`),
  );
}
