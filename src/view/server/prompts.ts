import { hash } from 'node:crypto';
import { join } from 'node:path';
import { renderRow } from '../../authoring/render-cell.js';
import type { Json, JsonObject } from '../../core/json.js';
import { picturesIn } from '../../dataset/pictures.js';
import { openRecipe } from '../../run/open-recipe.js';
import type { MediaFiles } from '../../columns/types.js';
import { mediaInMemory, mediaPlaces } from '../../dataset/media.js';
import { contextPath } from '../query/context-path.js';
import type { ShownPrompt } from '../query/types.js';
import type { ContextPictures } from './context-pictures.js';

/**
 * The requests of a row as the recipe of the dataset makes them: only answers are stored, so they are rendered from the
 * row again. Plugins of the recipe are not loaded.
 */
export async function promptsOf(
  { folder, row, value }: { readonly folder: string; readonly row: number; readonly value: JsonObject },
  context: ContextPictures | undefined,
): Promise<readonly ShownPrompt[]> {
  const { plan, diagnostics } = await openRecipe(join(folder, 'recipe.yaml'), { cwd: folder });
  if (!plan) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    return [{ column: 'recipe.yaml', problem: first?.message ?? 'it cannot be opened' }];
  }
  const own = mediaInMemory(mediaPlaces(plan));
  const media: MediaFiles = {
    ...own,
    async read(path) {
      const read = await context?.files.read(path);
      return read?.ok === true ? read : own.read(path);
    },
  };
  const pictures = new Map([...picturesByHash(value), ...(await namedByHash(value, row, context))]);
  return (await renderRow(plan, value, media)).map(({ column, rendered }) => {
    if (!rendered.ok) return { column, problem: rendered.error.message };
    const { model, messages } = rendered.value;
    return {
      column,
      model: `${model.provider}/${model.model}`,
      messages: messages.map(({ role, content, media = [] }) => ({
        role,
        content:
          media.length === 0
            ? content
            : [...media.flatMap((part) => blocksOf(part, pictures)), { type: 'text', text: content }],
      })),
    };
  });
}

/** A picture, sound or film in words, and the picture itself where it is in the row. */
function blocksOf(summary: string, pictures: ReadonlyMap<string, string>): readonly JsonObject[] {
  const url = pictures.get(/sha256 ([\da-f]{32})/.exec(summary)?.[1] ?? '');
  const words = { type: 'text', text: `[${summary}]` };
  return url === undefined ? [words] : [words, { type: 'image_url', image_url: { url } }];
}

/** The pictures of a row by the first half of the SHA-256 of their bytes, which is also the name of a file. */
function picturesByHash(row: JsonObject): ReadonlyMap<string, string> {
  const pictures = Object.values(row).flatMap((value: Json) => picturesIn(value) ?? []);
  return new Map(
    pictures.flatMap((picture) => {
      if ('path' in picture) return [[/([\da-f]{32})\.\w+$/.exec(picture.path)?.[1] ?? '', picture.path]];
      if (!('data' in picture)) return [];
      const bytes = Buffer.from(picture.data.slice(picture.data.indexOf(',') + 1), 'base64');
      return [[hash('sha256', bytes).slice(0, 32), picture.data]];
    }),
  );
}

/** The pictures that a row names by paths in the folder of the recipe, each as its place in the row. */
async function namedByHash(
  value: JsonObject,
  row: number,
  context: ContextPictures | undefined,
): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const [column, entries] of context?.namedIn(value) ?? [])
    for (const entry of entries.keys()) {
      const picture = await context?.picture(value, column, entry);
      if (picture)
        found.push([hash('sha256', picture.bytes).slice(0, 32), contextPath({ row, column, entry })]);
    }
  return found;
}
