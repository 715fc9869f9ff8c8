import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/json.js';
import { schemaTransform } from '../../src/processors/schema-transform.js';
import { shapeSchema } from '../../src/processors/shape-schema.js';
import { process } from './support.js';

const made = async (
  template: JsonObject,
  row: JsonObject,
  keepTypes = false,
): Promise<JsonObject | string | undefined> => {
  const { beside, leftOut } = await process(schemaTransform, { template, keep_types: keepTypes }, [row]);
  return beside[0] ?? leftOut[0]?.reason;
};

const ROW = {
  n: 4,
  f: 0.5,
  b: true,
  gone: null,
  list: [1, 'x'],
  map: { k: 'v' },
  text: 'a "quoted"\n\\ line',
};

describe('schema_transform', () => {
  it('makes a text of every text, whatever it prints', async () => {
    expect(
      await made(
        { n: '{{ n }}', f: '{{ f }}', b: '{{ b }}', none: '{{ gone }}', map: '{{ map }}', t: '{{ text }}' },
        ROW,
      ),
    ).toEqual({ n: '4', f: '0.5', b: 'true', none: 'null', map: '{"k": "v"}', t: ROW.text });
  });

  it('keeps all else as it is written', async () => {
    const template = { a: 1, b: [true, null, 'plain', { c: 2.5 }], d: {} };
    expect(await made(template, ROW)).toEqual(template);
  });

  it('keeps the type of a value where the text is one reference and no more, if the recipe says so', async () => {
    expect(
      await made(
        {
          n: '{{ n }}',
          list: ['{{ list }}'],
          k: '{{ map.k }}',
          none: '{{ gone }}',
          in: 'n={{ n }}',
          up: '{{ n + 1 }}',
        },
        ROW,
        true,
      ),
    ).toEqual({ n: 4, list: [[1, 'x']], k: 'v', none: null, in: 'n=4', up: '5' });
  });

  it('is one template: what a text sets, a later one reads', async () => {
    const template = {
      a: '{% set double = n * 2 %}{{ double }}',
      b: { c: '{% if b %}{{ double + 1 }}{% endif %}', d: '{{ text }}' },
    };
    expect(await made(template, ROW)).toEqual({ a: '8', b: { c: '9', d: ROW.text } });
    expect(await made({ ...template, e: '{{ n }}' }, ROW, true)).toMatchObject({ a: '8', e: 4 });
    expect(await made({ a: '{% for x in list %}', b: '{{ x }}', c: '{% endfor %}' }, ROW)).toContain(
      'a loop reaches from one text into another',
    );
  });

  it('leaves a value out of a condition and a default as it is', async () => {
    expect(
      await made(
        { a: "{{ 'yes' if gone else 'no' }}", b: "{{ gone | default('-', true) }}", c: '({{ gone }})' },
        ROW,
      ),
    ).toEqual({ a: 'no', b: '-', c: '(null)' });
  });

  it('prints a null also beside statements and filters', async () => {
    expect(
      await made(
        {
          a: '{{ gone }}',
          b: '{% if n > 2 %}{{ gone }}{% endif %} {{ text | length }} {{ gone }}',
          c: '{{ map.k if n > 9 else gone }}',
        },
        ROW,
      ),
    ).toEqual({ a: 'null', b: 'null 17 null', c: 'null' });
  });

  it('says of a row why it has no place in it', async () => {
    expect(await made({ a: '{{ map.other }}' }, ROW)).toBe(
      'it has no place in the template: `map.other` has no value in this row',
    );
  });
});

describe('the schema of a template', () => {
  it('has the types of its values, and of a list only what all entries have in common', () => {
    const schemaOf = (shape: JsonObject): JsonObject => shapeSchema(shape, () => ({ type: 'string' }));
    expect(schemaOf({ a: 'x', b: [1, 2], c: [1, 'x'], d: null, e: [] })['properties']).toEqual({
      a: { type: 'string' },
      b: { type: 'array', items: { type: 'integer' } },
      c: { type: 'array', items: {} },
      d: {},
      e: { type: 'array' },
    });
    const messages = [
      { role: 'x', content: 'y' },
      { role: 'x', content: 'y', id: 1 },
    ];
    expect(schemaOf({ messages })['properties']).toMatchObject({
      messages: {
        items: {
          properties: { role: { type: 'string' }, content: { type: 'string' }, id: { type: 'integer' } },
        },
      },
    });
  });

  it('does not carry a schema with definitions away from its root', () => {
    const column = { $ref: '#/$defs/X', $defs: { X: { type: 'string' } } };
    expect(shapeSchema(['x'], () => column)).toEqual({ type: 'array', items: {} });
    expect(shapeSchema('x', () => column)).toBe(column);
  });
});
