import { describe, expect, it } from '@jest/globals';
import { wellFormed } from '../../src/core/well-formed.js';

describe('wellFormed', () => {
  it('replaces half characters in texts and names at any depth', () => {
    expect(wellFormed({ 'a\ud83d': ['\udc00b', { c: 'x\ud83dy' }], n: 1, z: null })).toEqual({
      'a\uFFFD': ['\uFFFDb', { c: 'x\uFFFDy' }],
      n: 1,
      z: null,
    });
    expect(wellFormed('\ud83d')).toBe('\uFFFD');
  });

  it('returns what is well-formed as it is', () => {
    const value = { a: ['😀', { b: null }], c: true };
    expect(wellFormed(value)).toBe(value);
  });

  it('keeps __proto__ a plain property', () => {
    const value = wellFormed(JSON.parse(String.raw`{"__proto__":{"a":"\ud83d"}}`));
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":"\uFFFD"}}');
  });
});
