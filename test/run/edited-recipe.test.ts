import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRecipe } from '../../src/run/open-recipe.js';
import { openEdited, type EditedRecipe } from '../../src/run/watch/edited-recipe.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dd-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const path = (...parts: readonly string[]): string => join(dir, ...parts);

const recipeText = (description: string): string =>
  [
    'name: small',
    `description: ${description}`,
    'model_configs: [{ alias: main, provider: openai, model: gpt-test }]',
    'columns:',
    '  - name: said',
    '    column_type: llm-structured',
    '    model_alias: main',
    '    prompt: Say it',
    '    output_format: { $ref: schemas/said.json }',
  ].join('\n');

const schemaText = (description: string): string => JSON.stringify({ type: 'object', description });

async function writeAll(): Promise<void> {
  await mkdir(path('schemas'));
  await writeFile(path('schemas', 'said.json'), schemaText('one'));
  await writeFile(path('recipe.yaml'), recipeText('one'));
}

const open = (file = path('recipe.yaml')): Promise<EditedRecipe> =>
  openEdited(file, () => openRecipe(file, { cwd: dir, env: {} }));

/** True when two looks find a newer version: the first sees that a file was saved, the second that it is whole. */
async function isNewer(recipe: EditedRecipe): Promise<boolean> {
  const before = recipe.current();
  await recipe.look();
  await recipe.look();
  expect(before.outdated.aborted).toBe(recipe.current() !== before);
  return recipe.current() !== before;
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

describe('an edited recipe', () => {
  it('is opened again each time another file takes the place of its own', async () => {
    await writeAll();
    const recipe = await open();
    expect(await isNewer(recipe)).toBe(false);
    for (const text of ['two', 'three']) {
      await replace(path('recipe.yaml'), recipeText(text));
      expect(await isNewer(recipe)).toBe(true);
      expect(recipe.current().opened.loaded.recipe?.description).toBe(text);
    }
  });

  it('waits until a file that is written in steps is whole', async () => {
    await writeAll();
    const recipe = await open();
    const before = recipe.current();
    await writeFile(path('recipe.yaml'), recipeText('tw'));
    await recipe.look();
    await writeFile(path('recipe.yaml'), recipeText('two'));
    await recipe.look();
    expect(recipe.current()).toBe(before);
    await recipe.look();
    expect(recipe.current().opened.loaded.recipe?.description).toBe('two');
  });

  it('has no new version where a save changes nothing', async () => {
    await writeAll();
    const recipe = await open();
    await replace(path('recipe.yaml'), recipeText('one'));
    expect(await isNewer(recipe)).toBe(false);
  });

  it('watches the files that it refers to', async () => {
    await writeAll();
    const recipe = await open();
    expect(recipe.current().files).toEqual([path('recipe.yaml'), path('schemas', 'said.json')]);
    await replace(path('schemas', 'said.json'), schemaText('two'));
    expect(await isNewer(recipe)).toBe(true);
  });

  it('remembers them while its text is not valid YAML', async () => {
    await writeAll();
    const recipe = await open();
    await writeFile(path('recipe.yaml'), 'name: [');
    expect(await isNewer(recipe)).toBe(true);
    expect(recipe.current().files).toEqual([path('recipe.yaml'), path('schemas', 'said.json')]);
  });

  it('waits for a folder that is missing, and then for its file', async () => {
    await writeFile(path('recipe.yaml'), recipeText('one'));
    const recipe = await open();
    expect(recipe.current().opened.plan).toBeUndefined();
    await mkdir(path('schemas'));
    expect(await isNewer(recipe)).toBe(false);
    await writeFile(path('schemas', 'said.json'), schemaText('one'));
    expect(await isNewer(recipe)).toBe(true);
    expect(recipe.current().opened.plan).toBeDefined();
  });

  it('finds a folder that was removed and made again', async () => {
    await writeAll();
    const recipe = await open();
    await mkdir(path('other'));
    await writeFile(path('other', 'said.json'), schemaText('two'));
    await rename(path('schemas'), path('old'));
    await rename(path('other'), path('schemas'));
    expect(await isNewer(recipe)).toBe(true);
  });

  it('is found where its link leads', async () => {
    await writeAll();
    await symlink(path('recipe.yaml'), path('link.yaml'));
    const recipe = await open(path('link.yaml'));
    await writeFile(path('recipe.yaml'), recipeText('two'));
    expect(await isNewer(recipe)).toBe(true);
  });
});
