import { describe, expect, it } from '@jest/globals';

import { pruneUndeclared } from '../../src/json-schema/closed-schema.js';
import { parquetField } from '../../src/dataset/parquet-schema.js';
import { fieldAt } from '../../src/recipe/schema/fields.js';
import { followRef } from '../../src/json-schema/pointer.js';

const goal = { type: 'object', properties: { goal: { type: 'string' } }, additionalProperties: false };

const root = {
  type: 'object',
  properties: {
    digest: { $ref: '#/$defs/one' },
    lost: { $ref: '#/$defs/none' },
    loop: { $ref: '#/$defs/a' },
  },
  additionalProperties: false,
  $defs: {
    one: { $ref: '#/$defs/two~1three%20four' },
    'two/three four': goal,
    listed: { anyOf: [goal, { type: 'null' }] },
    a: { $ref: '#/$defs/b' },
    b: { $ref: '#/$defs/a' },
  },
};

describe('a chain of references', () => {
  it('ends at the schema that is none, past escapes and through lists', () => {
    expect(followRef({ $ref: '#/$defs/one' }, root)).toBe(goal);
    expect(followRef({ $ref: '#/$defs/listed/anyOf/0' }, root)).toBe(goal);
    expect(followRef(goal, root)).toBe(goal);
    expect(followRef({ $ref: '#' }, root)).toBe(root);
  });

  it('leads nowhere when its end is missing, in a circle or in another file', () => {
    for (const $ref of ['#/$defs/none', '#/$defs/a', 'other.json', '#two'])
      expect(followRef({ $ref }, root)).toBeUndefined();
  });

  it('is followed alike by checks, by pruning and by Parquet', () => {
    expect(fieldAt(root, ['digest', 'goal'])).toMatchObject({ kind: 'known', schema: { type: 'string' } });
    expect(fieldAt(root, ['digest', 'gaol'])).toMatchObject({ kind: 'absent', fields: ['goal'] });
    expect(pruneUndeclared(root)({ digest: { goal: 'x', more: 1 }, more: 1 })).toEqual({
      digest: { goal: 'x' },
    });
    expect(parquetField('row', root).elements.map(({ name }) => name)).toEqual([
      'row',
      'digest',
      'goal',
      'lost',
      'loop',
    ]);
  });

  it('that leads nowhere is left open by all of them', () => {
    expect(fieldAt(root, ['loop', 'x'])).toEqual({ kind: 'unknown' });
    expect(pruneUndeclared(root)({ loop: { x: 1 }, lost: { y: 2 } })).toEqual({
      loop: { x: 1 },
      lost: { y: 2 },
    });
  });
});
