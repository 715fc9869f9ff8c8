/** How often each of few different values occurs. */
export interface ValueCounter {
  add(value: string): void;
  /** The counts, the commonest value first; `undefined` when there are too many values, or most occur once. */
  counts(): readonly ValueCount[] | undefined;
}

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

const MOST_VALUES = 1000;
const LONGEST_VALUE = 80;

export function createValueCounter(): ValueCounter {
  let counts: Map<string, number> | undefined = new Map();
  let added = 0;
  return {
    add(value) {
      if (!counts) return;
      added += 1;
      counts.set(value, (counts.get(value) ?? 0) + 1);
      // No categories: no longer counted, so that large datasets take no memory.
      if (counts.size > MOST_VALUES || value.length > LONGEST_VALUE) counts = undefined;
    },
    counts() {
      if (!counts || counts.size === 0 || (counts.size > 2 && counts.size * 2 > added + 1)) return undefined;
      return Array.from(counts, ([value, count]) => ({ value, count })).toSorted(
        (a, b) => b.count - a.count || (a.value < b.value ? -1 : 1),
      );
    },
  };
}
