/** How two series of numbers, such as the scores of a judge, go together. */
export interface SeriesPairs {
  /** The numbers of one row, by the name of their series; rows without a number in both say nothing of a pair. */
  add(numbers: ReadonlyMap<string, number>): void;
  correlations(): readonly Correlation[];
}

export interface Correlation {
  readonly a: string;
  readonly b: string;
  /** Rows with both. */
  readonly rows: number;
  /** Pearson's correlation coefficient, from -1 to 1; `null` when one is the same in all rows. */
  readonly pearson: number | null;
  /** The two are equal in every row: one is most likely a copy of the other. */
  readonly equal: boolean;
}

interface Pair {
  readonly a: string;
  readonly b: string;
  rows: number;
  meanA: number;
  meanB: number;
  squaresA: number;
  squaresB: number;
  products: number;
  equal: boolean;
}

/** More series are left out: their pairs would be thousands. */
const MOST_SERIES = 40;

/** Co-moments are updated with each row, by Welford's method. */
export function createSeriesPairs(): SeriesPairs {
  const names: string[] = [];
  const pairs: Pair[][] = [];
  const slotOf = (name: string): number => {
    const known = names.indexOf(name);
    if (known !== -1 || names.length >= MOST_SERIES) return known;
    pairs.push(names.map((earlier) => newPair(earlier, name)));
    return names.push(name) - 1;
  };
  return {
    add(numbers) {
      const present = [...numbers].map(([name, value]) => [slotOf(name), value] as const);
      for (const [slot, value] of present)
        for (const [other, otherValue] of present) {
          const pair = other < slot ? pairs[slot]?.[other] : undefined;
          if (pair) update(pair, otherValue, value);
        }
    },
    correlations: () =>
      pairs
        .flat()
        .filter(({ rows }) => rows > 1)
        .map(correlation),
  };
}

const newPair = (a: string, b: string): Pair => ({
  a,
  b,
  rows: 0,
  meanA: 0,
  meanB: 0,
  squaresA: 0,
  squaresB: 0,
  products: 0,
  equal: true,
});

function update(pair: Pair, a: number, b: number): void {
  pair.rows += 1;
  const fromA = a - pair.meanA;
  const fromB = b - pair.meanB;
  pair.meanA += fromA / pair.rows;
  pair.meanB += fromB / pair.rows;
  pair.squaresA += fromA * (a - pair.meanA);
  pair.squaresB += fromB * (b - pair.meanB);
  pair.products += fromA * (b - pair.meanB);
  if (a !== b) pair.equal = false;
}

function correlation({ a, b, rows, squaresA, squaresB, products, equal }: Pair): Correlation {
  const scale = Math.sqrt(squaresA * squaresB);
  const pearson = scale === 0 ? null : Math.max(-1, Math.min(1, products / scale));
  return { a, b, rows, pearson, equal };
}
