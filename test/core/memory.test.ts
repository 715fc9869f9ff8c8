import { describe, expect, it } from '@jest/globals';
import { createMemoryCheck, heapUse, roomForText } from '../../src/core/memory.js';

describe('a check of the memory', () => {
  it('throws when the heap is full and garbage is no part of it', () => {
    let used = 10;
    let collected = 0;
    const check = createMemoryCheck(
      () => ({ used, limit: 100 }),
      () => (collected += 1),
    );
    for (let turn = 0; turn < 5000; turn += 1) check(10);
    used = 81;
    expect(() => check(2 ** 20)).toThrow('NODE_OPTIONS=--max-old-space-size');
    expect(collected).toBe(1);
  });

  it('goes on when a collection of garbage helps', () => {
    let used = 99;
    const check = createMemoryCheck(
      () => ({ used, limit: 100 }),
      () => (used = 20),
    );
    check(2 ** 20);
    expect(used).toBe(20);
  });

  it('can collect the garbage of this program', () => {
    const check = createMemoryCheck(() => ({ used: 99, limit: 100 }));
    expect(() => check(2 ** 20)).toThrow('memory');
  });

  it('leaves room for less text than the heap holds', () => {
    expect(roomForText({ used: 40, limit: 100 })).toBe(20);
    expect(roomForText()).toBeLessThan(heapUse().limit);
  });
});
