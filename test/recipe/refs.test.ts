import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';

import type { JsonSchema } from '../../src/core/json.js';
import { builtInRegistries } from '../../src/plugins/registries.js';
import { loadRecipe } from '../../src/recipe/load.js';
import { check, folder, load } from './support.js';

const recipe = (outputFormat: string): string => `
model_configs: [{ alias: m, provider: openai, model: x }]
seed_config: { source: { seed_type: traces, format: auto } }
columns:
  - name: a
    column_type: llm-structured
    model_alias: m
    prompt: "{{ messages }}"
    output_format: ${outputFormat}
`;

const tree = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://example.com/tree.json',
  type: 'object',
  properties: { name: { $ref: '#/definitions/label' }, children: { type: 'array', items: { $ref: '#' } } },
  definitions: { label: { type: 'string' } },
});

const files = {
  'schemas/tree.schema.json': tree,
  'schemas/parts.yaml':
    'size: { type: integer }\npoint:\n  type: object\n  properties:\n    x: { $ref: "#/size" }\n    t: { $ref: tree.schema.json }\n',
  'schemas/link.json': '{ "$ref": "tree.schema.json" }',
  'schemas/round.json': '{ "$ref": "round.json" }',
  'schemas/broken.json': '{ "a": }',
  'schemas/list.json': '[1]',
};

async function schemaOf(outputFormat: string): Promise<JsonSchema> {
  const { recipe: loaded, problems } = await load(recipe(outputFormat), {}, files);
  expect(problems).toEqual([]);
  const [column] = loaded?.columns ?? [];
  return (column as unknown as { output_format: JsonSchema }).output_format;
}

const accepts = (schema: JsonSchema, value: unknown): boolean =>
  new Ajv2020({ strict: false }).compile(schema)(value);

describe('a $ref into another file', () => {
  it('is replaced by what the file holds, recursion included', async () => {
    const schema = await schemaOf('{ $ref: schemas/tree.schema.json }');
    expect(schema).not.toHaveProperty('$id');
    expect(accepts(schema, { name: 'a', children: [{ name: 'b' }] })).toBe(true);
    expect(accepts(schema, { name: 'a', children: [{ name: 1 }] })).toBe(false);
  });

  it('may point at a part of a file, which points on into others', async () => {
    const schema = await schemaOf('{ $ref: "schemas/parts.yaml#/point" }');
    expect(schema['properties']).toEqual({ x: { $ref: '#/$defs/size' }, t: { $ref: '#/$defs/tree' } });
    expect(accepts(schema, { x: 1, t: { name: 'a', children: [{ name: 'b' }] } })).toBe(true);
    expect(accepts(schema, { x: 1, t: { children: [{ name: 2 }] } })).toBe(false);
    expect(accepts(schema, { x: 'no' })).toBe(false);
  });

  it('may be inside a schema of the recipe, whose own definitions stay', async () => {
    const schema = await schemaOf(
      '{ type: object, $defs: { tree: { type: "null" } }, properties: { a: { $ref: "#/$defs/tree" }, b: { $ref: schemas/link.json } } }',
    );
    expect(accepts(schema, { a: null, b: { name: 'x' } })).toBe(true);
    expect(accepts(schema, { a: null, b: { name: 1 } })).toBe(false);
    expect(accepts(schema, { a: { name: 'x' } })).toBe(false);
  });

  it('is not looked for in data, nor in properties that have its name', async () => {
    const schema = await schemaOf(
      '{ properties: { $ref: { type: string }, s: { $ref: schemas/tree.schema.json }, c: { const: { $ref: nowhere.json } } } }',
    );
    expect(schema['properties']).toMatchObject({
      $ref: { type: 'string' },
      c: { const: { $ref: 'nowhere.json' } },
    });
  });

  it('lets what columns read be checked', async () => {
    const yaml = `${recipe('{ $ref: schemas/tree.schema.json }')}  - { name: b, column_type: expression, expr: "{{ a.nam }} {{ a.children.nam }}" }\n`;
    expect((await check(yaml, {}, files)).summary).toEqual([
      '10:53 unknown-field nam',
      '10:74 unknown-field nam',
    ]);
  });

  const mistakes: readonly [
    name: string,
    outputFormat: string,
    place: string,
    message: RegExp,
    hint?: string,
  ][] = [
    [
      'a missing file',
      '{ $ref: schemas/tre.schema.json }',
      '9:28 file-not-found schemas/tre.schema.json',
      /^`schemas\/tre.schema.json` does not exist$/,
      'did you mean `tree.schema.json`?',
    ],
    [
      'a missing part',
      '{ $ref: "schemas/tree.schema.json#/nope" }',
      '9:28 ref-not-found',
      /has nothing at `#\/nope`$/,
    ],
    [
      'broken JSON',
      '{ $ref: schemas/broken.json }',
      '9:28 invalid-schema-file schemas/broken.json',
      /is not valid JSON: /,
    ],
    [
      'no schema',
      '{ $ref: schemas/list.json }',
      '9:28 invalid-schema-file schemas/list.json',
      /does not contain a JSON Schema/,
    ],
    [
      'a circle of files',
      '{ $ref: schemas/round.json }',
      '9:28 ref-cycle schemas/round.json',
      /leads back to itself/,
    ],
    ['a URL', '{ $ref: "https://x.org/s.json" }', '9:28 remote-ref', /only read from files/],
    ['a folder', '{ properties: { a: { $ref: schemas } } }', '9:47 file-unreadable schemas', /is a folder/],
  ];
  for (const [name, outputFormat, place, message, hint] of mistakes) {
    it(`is reported at its place: ${name}`, async () => {
      const { summary, diagnostics } = await check(recipe(outputFormat), {}, files);
      expect(summary).toHaveLength(1);
      expect(summary[0]).toContain(place);
      expect(diagnostics[0]?.message).toMatch(message);
      if (hint) expect(diagnostics[0]?.hint).toBe(hint);
    });
  }

  it('may leave the recipe’s folder', async () => {
    const { problems } = await load(recipe('{ $ref: ../outside.json }'), {}, {});
    expect(problems).toMatchObject([{ code: 'file-not-found', message: '`../outside.json` does not exist' }]);
  });
});

describe('a $ref in the params of a validator', () => {
  it('is replaced within its own key', async () => {
    const yaml = `
columns:
  - { name: a, column_type: expression, expr: x }
  - name: b
    column_type: validation
    target_columns: [a]
    validator_type: json_schema
    validator_params: { schema: { $ref: schemas/tree.schema.json } }
`;
    const cwd = folder({ 'recipe.yaml': yaml, ...files });
    const { recipe: loaded, problems } = await loadRecipe('recipe.yaml', { cwd }, builtInRegistries);
    expect(problems).toEqual([]);
    const [, column] = loaded?.columns ?? [];
    const { validator_params } = column as unknown as { validator_params: { schema: JsonSchema } };
    const { schema } = validator_params;
    expect(accepts(schema, { name: 'a', children: [{ name: 1 }] })).toBe(false);
    expect(accepts(schema, { name: 'a', children: [{ name: 'b' }] })).toBe(true);
  });
});
