import { realpath } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isObject, type Json, type JsonPath } from '../core/json.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import type { Plugin } from './plugin.js';
import type { Registries } from './registries.js';
import { isTrusted, readTrustedPaths, settingsFile } from './trusted.js';

/**
 * Plugins are code, and a recipe may come from anywhere. So a plugin that a recipe names is imported only when the
 * person allows it: with `--allow-plugins` for this command, or by listing its file or folder in their own
 * settings. Nothing of a refused plugin is run: it is found, named and left alone.
 */
export interface PluginOptions {
  /** The recipe, or the folder with a slash at its end, that relative paths and package names start from. */
  readonly from: string;
  /** True with `--allow-plugins`. */
  readonly allow: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What there is without plugins. */
  readonly builtIn: Registries;
}

export interface LoadedPlugins {
  readonly registries: Registries;
  readonly problems: readonly Problem[];
  /** True when a plugin was not loaded: then unknown names may be names that it would bring. */
  readonly isPartial: boolean;
}

/** Loads what a recipe lists under `plugins`. Problems have paths from the root of the recipe. */
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
      message: `the plugin \`${specifier}\` was not loaded: a plugin is a program, and nothing has allowed it yet`,
      hint: `read ${file}, then add --allow-plugins, or list it under \`trusted_plugins:\` in ${settingsFile(options.env)}`,
      at,
    });
  return importPlugin(file, specifier, at);
}

/** The real path of a plugin's file; `undefined` where there is none. Runs nothing of it. */
async function findPlugin(specifier: string, from: string): Promise<string | undefined> {
  const { resolve } = await import('import-meta-resolve');
  try {
    const url = resolve(specifier, pathToFileURL(from).href);
    return url.startsWith('file:') ? await realpath(fileURLToPath(url)) : undefined;
  } catch {
    return undefined;
  }
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
    return broken('its default export is no plugin: { name, columns, seeds, … }');
  const odd = LISTS.find((key) => plugin[key] !== undefined && !Array.isArray(plugin[key]));
  return odd === undefined ? ok(plugin as unknown as Plugin) : broken(`its \`${odd}\` is not a list`);
}

const LISTS = ['columns', 'seeds', 'formats', 'providers', 'checks', 'exporters'];
