import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createSeenDigests } from '../../src/engine/row-identity.js';

const digest = (number: number): string =>
  createHash('sha256').update(String(number)).digest('base64url').slice(0, 22);

describe('digests that have come before', () => {
  it('are known again, however many there are', () => {
    const seen = createSeenDigests();
    const numbers = Array.from({ length: 20_000 }, (_, number) => number);
    expect(numbers.filter((number) => !seen.add(digest(number)))).toEqual([]);
    expect(numbers.filter((number) => seen.add(digest(number)))).toEqual([]);
    expect(seen.add(digest(20_000))).toBe(true);
  });

  it('differ by either half', () => {
    const seen = createSeenDigests();
    const [left, right] = ['a'.repeat(11), 'b'.repeat(11)];
    expect([left + right, right + left, left + left, left + right].map((text) => seen.add(text))).toEqual([
      true, true, true, false,
    ]); // prettier-ignore
  });
});
