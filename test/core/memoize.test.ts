import { describe, expect, it } from '@jest/globals';
import { memoize } from '../../src/core/memoize.js';

function counted(): { readonly ask: (text: string) => object; readonly worked: string[] } {
  const worked: string[] = [];
  const ask = memoize(
    (text: string) => ({ text, turn: worked.push(text) }),
    (text) => text,
  );
  return { ask, worked };
}

describe('memoize', () => {
  it('computes each result once', () => {
    const { ask, worked } = counted();
    expect(ask('a')).toBe(ask('a'));
    ask('b');
    expect(worked).toEqual(['a', 'b']);
  });

  it('is bounded: it drops the least recently used result and keeps those in use', () => {
    const { ask, worked } = counted();
    const [first, often] = [ask('first'), ask('often')];
    for (let index = 0; index < 1000; index += 1) {
      ask(`text ${index}`);
      expect(ask('often')).toBe(often);
    }
    expect(ask('first')).not.toBe(first);
    expect(worked.filter((text) => text === 'first')).toHaveLength(2);
  });
});
