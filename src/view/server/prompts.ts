import { join } from 'node:path';
import { renderRow } from '../../authoring/render-cell.js';
import type { JsonObject } from '../../core/json.js';
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
  return (await renderRow(plan, row)).map(({ column, rendered }) => {
    if (!rendered.ok) return { column, problem: rendered.error.message };
    const { model, messages } = rendered.value;
    return {
      column,
      model: `${model.provider}/${model.model}`,
      messages: messages.map(({ role, content, media = [] }) => ({
        role,
        content: [...media.map((part) => `[${part}]`), content].join('\n'),
      })),
    };
  });
}
