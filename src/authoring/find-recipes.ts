import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readText } from '../recipe/yaml/read-text.js';

/** The recipes found for a list of files, folders and patterns. */
export interface FoundRecipes {
  /** Absolute paths without duplicates: files in the order given, those of folders and patterns sorted. */
  readonly files: readonly string[];
  /** Number of YAML files in folders and patterns that are not recipes. JSON files are most often something else. */
  readonly skipped: number;
  /** Folders and patterns without a recipe. */
  readonly empty: readonly EmptySearch[];
}

/** A folder or pattern without a recipe. */
export interface EmptySearch {
  /** As typed. */
  readonly given: string;
  readonly kind: 'folder' | 'pattern';
  /** Absolute path of the folder, or of the folder that the pattern starts from. */
  readonly folder: string;
  /** Number of files checked. */
  readonly files: number;
}

/** Folders with copies of recipes, or with recipes of other packages. */
const IGNORED_FOLDERS = ['**/node_modules/**', '**/artifacts/**', '**/.git/**'];

/**
 * Finds recipes. Files are returned unchecked, even if they do not exist; opening them reports that. In folders and
 * patterns, only YAML and JSON files that look like recipes are returned.
 */
export async function findRecipes(given: readonly string[], cwd: string): Promise<FoundRecipes> {
  const files = new Set<string>();
  const skipped = new Set<string>();
  const empty: EmptySearch[] = [];
  for (const argument of given) {
    const found = await expand(argument, cwd);
    if (found === undefined) {
      files.add(resolve(cwd, argument));
      continue;
    }
    const { kind, candidates } = found;
    const checked = await Promise.all(
      candidates.map(async (file) => ({ file, isRecipe: await isRecipe(file) })),
    );
    for (const { file, isRecipe: looksLikeOne } of checked) {
      if (looksLikeOne) files.add(file);
      else if (!isJson(file)) skipped.add(file);
    }
    if (checked.some((file) => file.isRecipe)) continue;
    const folder = kind === 'folder' ? resolve(cwd, argument) : cwd;
    empty.push({ given: argument, kind, folder, files: candidates.length });
  }
  return { files: [...files], skipped: [...skipped].filter((file) => !files.has(file)).length, empty };
}

interface Expanded {
  readonly kind: EmptySearch['kind'];
  readonly candidates: readonly string[];
}

/** The files of a folder or pattern; `undefined` for a single file. */
async function expand(argument: string, cwd: string): Promise<Expanded | undefined> {
  const about = await stat(resolve(cwd, argument)).catch(() => undefined);
  if (about && !about.isDirectory()) return undefined;
  const { convertPathToPattern, glob, isDynamicPattern } = await import('tinyglobby');
  if (!about && !isDynamicPattern(argument)) return undefined;
  const pattern = about ? `${convertPathToPattern(resolve(cwd, argument))}/**/*.{yaml,yml,json}` : argument;
  const found = await glob(pattern, {
    cwd,
    ignore: IGNORED_FOLDERS,
    absolute: true,
    expandDirectories: false,
    // A link could lead anywhere, for example to the root folder.
    followSymbolicLinks: false,
  });
  return { kind: about ? 'folder' : 'pattern', candidates: found.map((file) => resolve(file)).sort() };
}

/**
 * A key that only recipes have, at the start of a line. It is found even if the file is not valid YAML. `stages` is also
 * a key of CI services, where the entries have no names.
 */
const RECIPE_KEY =
  /^["']?(?:columns|data_designer|model_configs|seed_config)["']?\s*:|^stages[ \t]*:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*-[ \t]+\{?[ \t]*name[ \t]*:/m;

/** What Data Designer writes, on one line or on many. */
const EXPORTED = /"data_designer"\s*:\s*\{|"columns"\s*:\s*\[\s*\{[^]*"column_type"\s*:\s*"/;

/** Larger JSON files are data. */
const MOST_BYTES = 4_000_000;

const isJson = (file: string): boolean => file.endsWith('.json');

async function isRecipe(file: string): Promise<boolean> {
  const about = await stat(file).catch(() => undefined);
  if (!about?.isFile() || (isJson(file) && about.size > MOST_BYTES)) return false;
  const text = await readText(file);
  return text.ok && (isJson(file) ? EXPORTED : RECIPE_KEY).test(text.value);
}
