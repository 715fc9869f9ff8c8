import TinyQueue from 'tinyqueue';
import { hash53 } from '../hash53.js';

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
