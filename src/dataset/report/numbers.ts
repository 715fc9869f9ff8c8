/** Numbers summed up one at a time, in little memory. */
export interface NumberSummary {
  add(value: number): void;
  /** `undefined` when there was no number. */
  summary(): Summary | undefined;
  histogram(): readonly Bin[];
}

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of the sample; 0 for one number. */
  readonly sd: number;
  readonly min: number;
  readonly median: number;
  /** 95 of 100 numbers are at most this. */
  readonly p95: number;
  readonly max: number;
}

/** A bar of a histogram. `from` and `to` are included; a bar of one value has both the same. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Up to so many different numbers, quantiles are exact. */
const MOST_VALUES = 2000;
const MOST_BINS = 12;
/** Beyond, numbers within 1 % of each other count as one. */
const GROWTH = Math.log(1.02);

/**
 * Mean and deviation by Welford's method. Quantiles and histograms from counted values: exact while there are at most
 * 2000 different ones, then from logarithmic buckets with a relative error of 1 % (the DDSketch of C. Masson,
 * J. Rim and H. Lee, 2019).
 */
export function createNumberSummary(): NumberSummary {
  let counts = new Map<number, number>();
  let isCoarse = false;
  let count = 0;
  let sum = 0;
  let mean = 0;
  let squares = 0;
  let min = Infinity;
  let max = -Infinity;
  const tally = (value: number, times: number): void => {
    const key = isCoarse ? bucketOf(value) : value;
    counts.set(key, (counts.get(key) ?? 0) + times);
  };
  const inOrder = (): readonly (readonly [value: number, times: number])[] =>
    [...counts].toSorted(([a], [b]) => a - b);
  /** The smallest number with at least this share of the numbers at or below it. */
  const quantile = (share: number): number => {
    let seen = 0;
    for (const [value, times] of inOrder()) {
      seen += times;
      if (seen >= share * count) return Math.min(max, Math.max(min, value));
    }
    return max;
  };
  return {
    add(value) {
      count += 1;
      sum += value;
      const distance = value - mean;
      mean += distance / count;
      squares += distance * (value - mean);
      min = Math.min(min, value);
      max = Math.max(max, value);
      tally(value, 1);
      if (isCoarse || counts.size <= MOST_VALUES) return;
      isCoarse = true;
      const exact = counts;
      counts = new Map();
      for (const [each, times] of exact) tally(each, times);
    },
    summary() {
      if (count === 0) return undefined;
      const sd = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
      return { count, mean: sum / count, sd, min, median: quantile(0.5), p95: quantile(0.95), max };
    },
    histogram() {
      const values = inOrder();
      if (values.length <= MOST_BINS)
        return values.map(([value, times]) => ({ from: value, to: value, count: times }));
      const width = (max - min) / MOST_BINS;
      const bins = Array.from({ length: MOST_BINS }, (_, at) => ({
        from: min + at * width,
        to: at === MOST_BINS - 1 ? max : min + (at + 1) * width,
        count: 0,
      }));
      for (const [value, times] of values) {
        const bin = bins[Math.min(MOST_BINS - 1, Math.max(0, Math.floor((value - min) / width)))];
        if (bin) bin.count += times;
      }
      return bins;
    },
  };
}

/** The middle of a number's bucket. */
function bucketOf(value: number): number {
  if (value === 0) return 0;
  const middle = Math.exp((Math.floor(Math.log(Math.abs(value)) / GROWTH) + 0.5) * GROWTH);
  return value < 0 ? -middle : middle;
}
