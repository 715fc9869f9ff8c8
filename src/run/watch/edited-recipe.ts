/**
 * A recipe that is being edited. Its files are polled: stat finds a file that was replaced (as most editors save),
 * a folder that is missing or made again, and the target of a link, all of which `fs.watch` reports differently on
 * each system. A file counts as saved when it is the same at two looks, because some editors write in steps.
 */
import { statSync } from 'node:fs';
import type { OpenedRecipe } from '../open-recipe.js';

/** A recipe as it was saved. */
export interface RecipeVersion {
  readonly opened: OpenedRecipe;
  /** The recipe, and every file that its `$ref`s lead to. */
  readonly files: readonly string[];
  /** Aborted when a newer version was saved. */
  readonly outdated: AbortSignal;
}

export interface EditedRecipe {
  /** The recipe as it was last saved. */
  current(): RecipeVersion;
  /** Opens the recipe again if a file was saved. Call it every few moments, one call at a time. */
  look(): Promise<void>;
}

/** Opens a recipe with `open`, again after each save that changes something. */
export async function openEdited(file: string, open: () => Promise<OpenedRecipe>): Promise<EditedRecipe> {
  let outdate = new AbortController();
  let watched: readonly string[] = [file];
  /** Of the watched files, before they were read: what is saved while they are read is found by the next look. */
  let read = '';
  let lastSeen = '';

  const openVersion = async (): Promise<Omit<RecipeVersion, 'outdated'>> => {
    for (;;) {
      read = stampOf(watched);
      const opened = await open();
      const { file: path, recipe, schemaFiles } = opened.loaded;
      // A text that is not valid YAML names no files; it probably still refers to the same ones.
      const files = recipe ? [path, ...schemaFiles] : [...new Set([path, ...watched.slice(1)])];
      const isWatched = files.every((name) => watched.includes(name));
      watched = files;
      if (isWatched) return { opened, files };
    }
  };
  let current: RecipeVersion = { ...(await openVersion()), outdated: outdate.signal };
  return {
    current: () => current,
    async look() {
      const stamp = stampOf(watched);
      const isSettled = stamp === lastSeen;
      lastSeen = stamp;
      if (stamp === read || !isSettled) return;
      const next = await openVersion();
      if (contentOf(next) === contentOf(current)) return;
      const before = outdate;
      outdate = new AbortController();
      current = { ...next, outdated: outdate.signal };
      before.abort();
    },
  };
}

/** Changes whenever one of the files does. */
function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? [found.dev, found.ino, found.size, found.mtimeMs, found.ctimeMs].join(':') : '';
    })
    .join('\n');
}

/** Everything that makes two versions different. The recipe holds the schemas of other files. */
function contentOf({ opened: { loaded, diagnostics } }: Pick<RecipeVersion, 'opened'>): string {
  return JSON.stringify([loaded.source.text, loaded.recipe, diagnostics]);
}
