import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readText } from '../recipe/yaml/read-text.js';

/** The recipes that somebody named: by file, folder or pattern. */
export interface FoundRecipes {
  /** Absolute paths, each once: files in the order given, those of folders and patterns sorted. */
  readonly files: readonly string[];
  /** YAML files in folders and patterns that are no recipes. */
  readonly skipped: number;
  /** Folders and patterns without a recipe. */
  readonly empty: readonly EmptyHanded[];
}

/** A folder or a pattern in which no recipe was found, and what was looked at. */
export interface EmptyHanded {
  /** As it was given. */
  readonly given: string;
  readonly kind: 'folder' | 'pattern';
  /** Absolute: the folder, or the one that the pattern begins in. */
  readonly folder: string;
  /** Files that were looked at, none of which is a recipe. */
  readonly files: number;
}

/** Folders that hold copies of recipes, or those of others. */
const LEFT_OUT = ['**/node_modules/**', '**/artifacts/**', '**/.git/**'];

/**
 * Files are taken as they are, also when they are not there: opening them says so. Of folders and patterns only
 * YAML files are taken that look like recipes.
 */
export async function findRecipes(given: readonly string[], cwd: string): Promise<FoundRecipes> {
  const files = new Set<string>();
  const skipped = new Set<string>();
  const empty: EmptyHanded[] = [];
  for (const argument of given) {
    const found = await expand(argument, cwd);
    if (found === undefined) {
      files.add(resolve(cwd, argument));
      continue;
    }
    const { kind, candidates } = found;
    const judged = await Promise.all(
      candidates.map(async (file) => ({ file, isRecipe: await isRecipe(file) })),
    );
    for (const { file, isRecipe: looksLikeOne } of judged) (looksLikeOne ? files : skipped).add(file);
    if (judged.some((file) => file.isRecipe)) continue;
    const folder = kind === 'folder' ? resolve(cwd, argument) : cwd;
    empty.push({ given: argument, kind, folder, files: candidates.length });
  }
  return { files: [...files], skipped: [...skipped].filter((file) => !files.has(file)).length, empty };
}

interface Expanded {
  readonly kind: EmptyHanded['kind'];
  readonly candidates: readonly string[];
}

/** What a folder or a pattern stands for; `undefined` for a file. */
async function expand(argument: string, cwd: string): Promise<Expanded | undefined> {
  const about = await stat(resolve(cwd, argument)).catch(() => undefined);
  if (about && !about.isDirectory()) return undefined;
  const { convertPathToPattern, glob, isDynamicPattern } = await import('tinyglobby');
  if (!about && !isDynamicPattern(argument)) return undefined;
  const pattern = about ? `${convertPathToPattern(resolve(cwd, argument))}/**/*.{yaml,yml}` : argument;
  const found = await glob(pattern, {
    cwd,
    ignore: LEFT_OUT,
    absolute: true,
    expandDirectories: false,
    // A link may lead to everything there is.
    followSymbolicLinks: false,
  });
  return { kind: about ? 'folder' : 'pattern', candidates: found.map((file) => resolve(file)).sort() };
}

/** A key that only recipes have, at the left margin: also in a recipe that is no good YAML. */
const RECIPE_KEY = /^["']?(?:columns|data_designer|model_configs|seed_config)["']?\s*:/m;

async function isRecipe(file: string): Promise<boolean> {
  const about = await stat(file).catch(() => undefined);
  const text = about?.isFile() ? await readText(file) : undefined;
  return text?.ok === true && RECIPE_KEY.test(text.value);
}
