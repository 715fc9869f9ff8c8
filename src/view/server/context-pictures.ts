/**
 * Pictures that prompts have beside their words (`multi_modal_context`), where a row names them by a path. They are no
 * files of the dataset, and a dataset may come from anywhere. So the recipe on this machine, which the dataset was made
 * from, says which columns name pictures, and from which folders: the page shows what a run of this recipe would read,
 * and nothing else. Without the recipe, a path stays a text.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { filesIn, type MediaContext } from '../../columns/media-context.js';
import { isList } from '../../core/paths.js';
import type { MediaFiles } from '../../columns/types.js';
import { isObject, type JsonObject } from '../../core/json.js';
import { mediaInMemory, mediaPlaces, type PictureFile } from '../../dataset/media.js';
import { mediaTypeOf } from '../../core/media-type.js';
import { isOwnPath } from '../../dataset/pictures.js';
import { readMetadata } from '../../dataset/metadata.js';
import { openRecipe } from '../../run/open-recipe.js';
import { stageOf } from '../../run/retry/retry-dataset.js';
import type { Plan } from '../../engine/types.js';

export interface ContextPictures {
  /** Reads what a run of the recipe would read. */
  readonly files: MediaFiles;
  /** The entries of a row that name files: by column, the numbers of the entries with their paths. */
  namedIn(row: JsonObject): ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** The picture that an entry of a row names. */
  picture(row: JsonObject, column: string, entry: number): Promise<PictureFile | undefined>;
}

/** @param folder of the dataset */
export async function openContextPictures(folder: string): Promise<ContextPictures | undefined> {
  const plan = await planOf(folder);
  const contexts = plan ? contextsIn(plan) : [];
  if (!plan || contexts.length === 0) return undefined;
  const files = mediaInMemory(mediaPlaces(plan));
  const named = (row: JsonObject, column: string): ReadonlyMap<number, string> =>
    new Map(
      contexts
        .filter((context) => context.column_name === column)
        .flatMap((context) => [...filesIn(row[column] ?? null, context)])
        // Files of the dataset are shown as such.
        .filter(([, path]) => !isOwnPath(path)),
    );
  const columns = [...new Set(contexts.map(({ column_name: name }) => name))];
  return {
    files,
    namedIn: (row) =>
      new Map(columns.map((name) => [name, named(row, name)] as const).filter(([, { size }]) => size > 0)),
    async picture(row, column, entry) {
      const path = named(row, column).get(entry);
      const bytes = path === undefined ? undefined : await files.read(path);
      const type = bytes?.ok === true ? mediaTypeOf(bytes.value) : undefined;
      if (!bytes?.ok || !type?.ok || type.value.modality !== 'image') return undefined;
      return { bytes: bytes.value, mime: type.value.mime };
    },
  };
}

/**
 * The plan of the recipe on this machine, as it is now. What the dataset says of params and `--set` is not taken: a folder
 * may be among them.
 */
async function planOf(folder: string): Promise<Plan | undefined> {
  const metadata = await readMetadata(folder);
  const recipe: unknown = metadata?.origin?.recipe;
  // A dataset that is being made says nothing yet.
  if (!metadata || typeof recipe !== 'string') return undefined;
  const file = resolve(folder, recipe);
  if (!existsSync(file)) return undefined;
  return (await openRecipe(file, { cwd: dirname(file), ...stageOf({ folder, metadata }) })).plan;
}

const contextsIn = ({ recipe }: Plan): readonly MediaContext[] =>
  recipe.columns
    .flatMap((column) => {
      const contexts = (column as { readonly multi_modal_context?: unknown }).multi_modal_context;
      return isList(contexts) ? (contexts as unknown as readonly MediaContext[]) : [];
    })
    .filter((context) => isObject(context) && (context['modality'] ?? 'image') === 'image');
