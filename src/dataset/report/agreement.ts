import type { Score } from '../scores.js';

/** How far two judges agree that give a score of the same name. */
export interface Agreement {
  /** `judge_a.depth` */
  readonly a: string;
  readonly b: string;
  /** Rows with both scores. */
  readonly rows: number;
  /** The share of rows with the same score. */
  readonly same: number;
  /** 1 for full agreement, 0 for as much as chance gives; `null` when both always give one and the same score. */
  readonly kappa: number | null;
  readonly measure: 'cohen-kappa' | 'cohen-kappa-quadratic';
}

export interface AgreementCounter {
  /** The scores of one row, by the column of the judge. */
  add(scores: ReadonlyMap<string, readonly Score[]>): void;
  agreements(): readonly Agreement[];
}

/** Counts of pairs of scores. */
type Table = Map<Score['score'], Map<Score['score'], number>>;

/** How many rows have the scores `a` and `b`. */
export interface PairCount {
  readonly a: Score['score'];
  readonly b: Score['score'];
  readonly count: number;
}

/** A scale with more scores is a measure: only correlations describe it. */
const MOST_SCORES = 100;

/** Compares all judges with each other, two at a time. */
export function createAgreementCounter(): AgreementCounter {
  const tables = new Map<string, { readonly a: string; readonly b: string; readonly table: Table }>();
  return {
    add(scores) {
      const all = [...scores].flatMap(([column, each]) => each.map((score) => ({ column, ...score })));
      for (const [at, b] of all.entries())
        for (const a of all.slice(0, at)) {
          if (a.name !== b.name || a.column === b.column) continue;
          const names = { a: `${a.column}.${a.name}`, b: `${b.column}.${b.name}` };
          const key = JSON.stringify(names);
          const { table } = tables.get(key) ?? { table: new Map() as Table };
          tables.set(key, { ...names, table });
          const row = table.get(a.score) ?? new Map<Score['score'], number>();
          if (table.size < MOST_SCORES) table.set(a.score, row);
          if (row.size < MOST_SCORES) row.set(b.score, (row.get(b.score) ?? 0) + 1);
        }
    },
    agreements: () =>
      Array.from(tables.values(), ({ a, b, table }) => ({ a, b, ...kappaOf(cellsOf(table)) })),
  };
}

const cellsOf = (table: Table): readonly PairCount[] =>
  [...table].flatMap(([a, row]) => Array.from(row, ([b, count]) => ({ a, b, count })));

/**
 * Cohen's kappa (1960): 1 - observed disagreement / disagreement by chance. Of numbers, a disagreement weighs as the
 * square of their distance (Cohen 1968), so that 4 against 3 counts little and 4 against 0 much.
 */
export function kappaOf(cells: readonly PairCount[]): Omit<Agreement, 'a' | 'b'> {
  const rows = cells.reduce((sum, { count }) => sum + count, 0);
  const areNumbers = cells.every(({ a, b }) => typeof a === 'number' && typeof b === 'number');
  const weight = (a: Score['score'], b: Score['score']): number =>
    areNumbers ? (Number(a) - Number(b)) ** 2 : a === b ? 0 : 1;
  const totals = (side: 'a' | 'b'): ReadonlyMap<Score['score'], number> => {
    const sums = new Map<Score['score'], number>();
    for (const cell of cells) sums.set(cell[side], (sums.get(cell[side]) ?? 0) + cell.count);
    return sums;
  };
  const totalsOfB = totals('b');
  let observed = 0;
  let same = 0;
  for (const { a, b, count } of cells) {
    observed += weight(a, b) * count;
    if (a === b) same += count;
  }
  let expected = 0;
  for (const [a, countA] of totals('a'))
    for (const [b, countB] of totalsOfB) expected += (weight(a, b) * countA * countB) / rows;
  return {
    rows,
    same: same / rows,
    kappa: expected === 0 ? null : 1 - observed / expected,
    measure: areNumbers ? 'cohen-kappa-quadratic' : 'cohen-kappa',
  };
}
