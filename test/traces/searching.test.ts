import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createForwardSearch, createNearSearch } from '../../src/traces/reading/byte-search.js';
import { createLateIndex } from '../../src/traces/late-index.js';

/** Texts in which the needles, and beginnings of them, are frequent. */
const NEEDLES = [',"aB":', '"x_y', 'ab', 'Ba'];
const haystack = fc
  .array(fc.constantFrom(...NEEDLES, 'a', 'B', '_', ',', '"', '\n'), { maxLength: 40 })
  .map((parts) => parts.join(''));

describe('searching bytes', () => {
  it.each(NEEDLES)('finds %s where it stands, line by line', (needle) => {
    const nearOf = createNearSearch(needle, 1000);
    const farOf = createForwardSearch(needle);
    fc.assert(
      fc.property(haystack, (text) => {
        const bytes = Buffer.from(text);
        const [near, far] = [nearOf(bytes), farOf(bytes)];
        let start = 0;
        for (const line of text.split('\n')) {
          const end = start + line.length;
          const at = line.indexOf(needle);
          const expected = at === -1 ? -1 : start + at;
          expect([near(start, end), far(start, end)]).toEqual([expected, expected]);
          start = end + 1;
        }
      }),
    );
  });
});

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
