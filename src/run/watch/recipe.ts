import { openRecipe, type OpenedRecipe, type OpenRecipeOptions } from '../open-recipe.js';
import { watchFiles } from './files.js';

/** A recipe that somebody edits. */
export interface EditedRecipe {
  /** As it was last saved. */
  current(): RecipeVersion;
  close(): void;
}

export interface RecipeVersion {
  readonly opened: OpenedRecipe;
  /** The recipe, and every file that its `$ref`s lead to. */
  readonly files: readonly string[];
  /** Aborted as soon as a newer version was saved. */
  readonly outdated: AbortSignal;
}

/** Editors write a file in several steps. */
const SETTLED_MS = 50;

/**
 * Opens a recipe, and opens it again whenever it, or a file that it pulled in, was saved. A save that changes
 * nothing makes no new version.
 */
export async function openEdited(file: string, options: OpenRecipeOptions): Promise<EditedRecipe> {
  let known: readonly string[] = [];
  let outdate = new AbortController();
  let settling: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const watched = watchFiles(() => {
    clearTimeout(settling);
    settling = setTimeout(() => (looking = looking.then(look)), SETTLED_MS);
  });

  const open = async (): Promise<RecipeVersion> => {
    for (;;) {
      const opened = await openRecipe(file, options);
      const { loaded } = opened;
      // A text that is no YAML leads nowhere; when it is mended, it is likely to lead where it did.
      known = loaded.recipe ? [loaded.file, ...loaded.schemaFiles] : [...new Set([loaded.file, ...known])];
      // What was saved between being read and being watched would go unnoticed.
      if (!watched.set(known)) return { opened, files: known, outdated: outdate.signal };
    }
  };
  const look = async (): Promise<void> => {
    const outdated = outdate;
    outdate = new AbortController();
    const next = await open();
    if (contentOf(next) === contentOf(current)) {
      outdate = outdated;
      return;
    }
    current = next;
    outdated.abort();
  };

  let current = await open();
  return {
    current: () => current,
    close() {
      clearTimeout(settling);
      watched.close();
    },
  };
}

/** All that tells two versions apart; schemas of other files stand in the recipe as it was loaded. */
function contentOf({ opened: { loaded, diagnostics } }: RecipeVersion): string {
  return JSON.stringify([loaded.source.text, loaded.recipe, diagnostics]);
}
