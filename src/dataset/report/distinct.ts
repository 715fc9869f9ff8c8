import TinyQueue from 'tinyqueue';

/** Counts different texts. */
export interface DistinctCounter {
  add(text: string): void;
  /** Exact up to 2048 different texts, then an estimate with a standard error of 2 %. */
  count(): { readonly count: number; readonly isEstimate: boolean };
}

const MOST = 2048;
const RANGE = 2 ** 53;

/**
 * Counts different texts by the smallest 2048 hashes: where they end tells how densely the hashes lie (Bar-Yossef et
 * al., "Counting distinct elements in a data stream", 2002, called KMV).
 */
export function createDistinctCounter(): DistinctCounter {
  const smallest = new Set<number>();
  const largestFirst = new TinyQueue<number>([], (a, b) => b - a);
  let hasMore = false;
  return {
    add(text) {
      const hash = hash53(text);
      if (smallest.has(hash)) return;
      if (smallest.size === MOST) {
        hasMore = true;
        if (hash >= (largestFirst.peek() ?? 0)) return;
        smallest.delete(largestFirst.pop() ?? 0);
      }
      smallest.add(hash);
      largestFirst.push(hash);
    },
    count() {
      if (!hasMore) return { count: smallest.size, isEstimate: false };
      return { count: Math.round(((MOST - 1) * RANGE) / (largestFirst.peek() ?? RANGE)), isEstimate: true };
    },
  };
}

/** A hash of a text with 53 bits, as many as a number holds exactly: cyrb53 by bryc, in the public domain. */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (b & 0x1fffff) * 2 ** 32 + (a >>> 0);
}
