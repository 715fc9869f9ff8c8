import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, isObject, type Json } from '../../src/core/json.js';

/** The definition, as slow as it is short: stored answers are found by what it gives. */
function definition(value: Json): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

const key = fc.oneof(
  fc.string(),
  fc.constantFrom('10', '9', '01', '1e3', '-1', '4294967295', '__proto__', 'é', 'Z'),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }).map((members) => Object.fromEntries(members)),
  ),
}));

describe('canonical JSON', () => {
  it('is what it has always been, whatever the value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(value)).toBe(definition(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves out what is undefined, as JSON does', () => {
    const value = { b: undefined, a: [undefined, 1] } as unknown as Json;
    expect(canonicalJson(value)).toBe('{"a":[null,1]}');
  });
});
