import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLateIndex } from '../../src/traces/late-index.js';

describe('a late index', () => {
  it('answers as a map does', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const step = fc.record({ key, isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const index = createLateIndex<number>();
        const map = new Map<string, number>();
        for (const [number, { key: id, isAdded }] of steps.entries()) {
          if (isAdded) {
            index.add(id, number);
            map.set(id, number);
          } else expect(index.get(id)).toBe(map.get(id));
        }
      }),
    );
  });
});
