import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openRecipe } from '../../src/run/open-recipe.js';
import { isObject, type Json } from '../../src/core/json.js';
import { readyValidators } from '../../src/core/ready-validators.js';
import { createWorkspace, projectDir } from '../rig/program.js';

const gallery = join(projectDir, 'test', 'recipe', 'gallery');

const wordsOf = (diagnostics: readonly object[]): readonly string[] =>
  (diagnostics as readonly { readonly code: string; readonly message: string }[]).map(
    ({ code, message }) => `${code}: ${message}`,
  );

describe('the validators that the build compiles', () => {
  it('are not there in the sources, so that both ways are compared here', () => {
    expect(readyValidators).toEqual({});
  });

  it('say of every recipe of the gallery what the schemas themselves say', async () => {
    const workspace = await createWorkspace();
    const files = readdirSync(gallery)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => join(gallery, file));
    const { stdout } = await workspace.run(['validate', ...files, '--format', 'json']);
    await workspace.remove();
    const { recipes } = JSON.parse(stdout) as { readonly recipes: readonly Json[] };
    expect(recipes).toHaveLength(files.length);
    for (const recipe of recipes) {
      if (!isObject(recipe) || !Array.isArray(recipe['diagnostics'])) throw new Error('no report');
      const file = String(recipe['file']);
      const { diagnostics } = await openRecipe(file, { cwd: process.cwd(), env: {} });
      expect([file, wordsOf(recipe['diagnostics'].filter(isObject))]).toEqual([
        file,
        expect.arrayContaining([...wordsOf(diagnostics)]),
      ]);
    }
  });
});
