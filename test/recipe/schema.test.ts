import { builtInRegistries } from '../../src/plugins/registries.js';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { publishedSchema } from '../../src/recipe/schema/published.js';
import { recipeSchema } from '../../src/recipe/schema/schema.js';
import { registries } from './support.js';

const editor = new Ajv2020({ strict: false, validateFormats: false });
const published = editor.compile(publishedSchema(registries));
const runtime = editor.compile(recipeSchema(registries));

const recipe = (text: string): unknown =>
  parse(
    `model_configs: [{ alias: m, provider: openai, model: x${text} }]\ncolumns: [{ name: a, column_type: expression, expr: x }]`,
  );

describe('the published schema', () => {
  it('is the one that the code makes', () => {
    const committed: unknown = JSON.parse(
      readFileSync(new URL('../../schemas/recipe.schema.json', import.meta.url), 'utf8'),
    );
    expect(committed).toEqual(JSON.parse(JSON.stringify(publishedSchema(builtInRegistries))));
  });

  it('takes a param in place of every typed value, and nothing else that is not one', () => {
    for (const [value, isGood] of [
      ['1', true],
      ['"${{ params.t }}"', true],
      ['hot', false],
      ['"${{ env.t }}"', false],
    ] as const) {
      expect(published(recipe(`, inference_parameters: { temperature: ${value} }`))).toBe(isGood);
    }
    expect(runtime(recipe(', inference_parameters: { temperature: "${{ params.t }}" }'))).toBe(false);
  });

  it('knows the wrapper of Data Designer', () => {
    expect(published({ data_designer: recipe(''), library_version: '1' })).toBe(true);
    expect(published({ data_designer: recipe(''), name: 'x' })).toBe(false);
    expect(published({ data_designer: { colums: [] } })).toBe(false);
  });

  it('describes every key', () => {
    const bare: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties } = schema as { properties?: Record<string, object> };
      for (const [key, value] of Object.entries(properties ?? {})) {
        if (!('description' in value) && !('const' in value) && !('$ref' in value))
          bare.push(`${path}.${key}`);
      }
      for (const [key, value] of Object.entries(schema)) if (key !== 'if') visit(value, `${path}/${key}`);
    };
    visit(recipeSchema(builtInRegistries), '');
    expect(bare).toEqual([]);
  });
});
