import { describe, expect, it } from '@jest/globals';
import { heapWarning, isNearlyFull } from '../../src/cli/heap-watch.js';

describe('a heap that is nearly full', () => {
  it('is one of which nine tenths are used after a collection of garbage', () => {
    expect([89, 90, 91].map((used) => isNearlyFull({ used, limit: 100 }))).toEqual([false, false, true]);
  });

  it('is said in words, with what to type', () => {
    const text = heapWarning({ used: 3.9e9, limit: 4.1e9 });
    expect(text).toContain('3900 MB of 4100 MB of memory are used');
    expect(text).toContain('NODE_OPTIONS=--max-old-space-size=8192');
    expect(text).not.toContain('bug');
  });
});
