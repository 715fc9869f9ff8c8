import { builtInRegistries } from '../../src/plugins/registries.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  schemaNames,
  schemaPart,
  standaloneSchema,
  wholeSchema,
} from '../../src/authoring/schema-reference.js';
import { isObject } from '../../src/core/json.js';
import { renderReference } from '../../src/cli/render/schema-reference.js';

/** `UPDATE_GOLDEN=1` writes the texts again: read the difference before keeping it. */
const golden = (name: string): string => new URL(`./golden/${name}.txt`, import.meta.url).pathname;

const pageOf = (name: string): string => {
  const part = schemaPart(name, builtInRegistries);
  if (!part) throw new Error(`no part ${name}`);
  return `${renderReference(part, 100)}\n`;
};

const standalone = (name: string): ReturnType<typeof standaloneSchema> => {
  const part = schemaPart(name, builtInRegistries);
  if (!part) throw new Error(`no part ${name}`);
  return standaloneSchema(part);
};

describe('the reference of the recipe language', () => {
  for (const name of ['expression', 'params', 'columns', 'run_config']) {
    it(`says of ${name} what is in golden/${name}.txt`, () => {
      if (process.env['UPDATE_GOLDEN']) writeFileSync(golden(name), pageOf(name));
      expect(pageOf(name)).toBe(readFileSync(golden(name), 'utf8'));
    });
  }

  it('has a page for every section and every kind of column and seed, with all its keys', () => {
    const names = schemaNames(builtInRegistries);
    expect(names).toEqual(
      expect.arrayContaining([
        'recipe',
        'columns',
        ...builtInRegistries.columnTypes.keys(),
        ...builtInRegistries.seedTypes.keys(),
      ]),
    );
    for (const name of names) {
      const properties = schemaPart(name, builtInRegistries)?.schema['properties'];
      for (const key of Object.keys(isObject(properties) ? properties : {}).filter(
        (key) => key !== '$schema',
      ))
        expect(pageOf(name)).toContain(`\n  ${key}: `);
    }
  });

  it('understands the short names', () => {
    expect(schemaPart('seed', builtInRegistries)?.name).toBe('seed_config');
    expect(schemaPart('models', builtInRegistries)?.name).toBe('model_configs');
    expect(schemaPart('toString', builtInRegistries)).toBeUndefined();
  });

  it('gives every part as a JSON Schema that is complete in itself', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const name of schemaNames(builtInRegistries))
      expect(() => ajv.compile(standalone(name))).not.toThrow();
    const check = ajv.compile(standalone('columns'));
    expect(check(parse('[{ name: a, column_type: expression, expr: x }]'))).toBe(true);
    expect(check(parse('[{ name: a, column_type: expression, exp: x }]'))).toBe(false);
  });

  it('gives the schema of whole recipes as it is published', () => {
    expect(wholeSchema(builtInRegistries)).toMatchObject({
      title: 'dd recipe',
      $defs: { recipe: { type: 'object' } },
    });
  });
});
