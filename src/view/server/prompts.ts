import { hash } from 'node:crypto';
import { join } from 'node:path';
import { renderRow } from '../../authoring/render-cell.js';
import type { Json, JsonObject } from '../../core/json.js';
import { picturesIn } from '../../dataset/pictures.js';
import { openRecipe } from '../../run/open-recipe.js';
import type { ShownPrompt } from '../query/types.js';

/**
 * The requests of a row as the recipe of the dataset makes them: only answers are stored, so they are rendered from the
 * row again. Plugins of the recipe are not loaded.
 */
export async function promptsOf(folder: string, row: JsonObject): Promise<readonly ShownPrompt[]> {
  const { plan, diagnostics } = await openRecipe(join(folder, 'recipe.yaml'), { cwd: folder });
  if (!plan) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    return [{ column: 'recipe.yaml', problem: first?.message ?? 'it cannot be opened' }];
  }
  const pictures = picturesByHash(row);
  return (await renderRow(plan, row)).map(({ column, rendered }) => {
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
