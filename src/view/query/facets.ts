import {
  FALSE,
  MISSING,
  NULL,
  NUMBER,
  TEXT,
  TRUE,
  UNREAD,
  type ColumnStore,
  type StoredColumn,
} from './columns.js';
import type { Agreement, Bar, Facet, Filter } from './types.js';

/** Columns with more different values get intervals, or no bars. */
const MOST_BARS = 12;
const INTERVALS = 10;

/** The bars of some columns: how often each value occurs in all rows, and in those that were found. */
export function facetsOf(store: ColumnStore, paths: readonly string[], found: Uint32Array): readonly Facet[] {
  return paths.flatMap((path) => {
    const column = store.columns.get(path);
    const bars = column ? barsOf(column, store.rows, found) : [];
    return bars.length === 0 ? [] : [{ path, bars }];
  });
}

interface Kind {
  readonly label: string;
  readonly filters: readonly Filter[];
}

function barsOf(column: StoredColumn, rows: number, found: Uint32Array): readonly Bar[] {
  const kinds = kindsOf(column, rows);
  if (!kinds) return [];
  const all = new Map<string, number>();
  const some = new Map<string, number>();
  for (let row = 0; row < rows; row += 1) count(all, kinds.labelOf(row));
  for (const row of found) if (row < rows) count(some, kinds.labelOf(row));
  return kinds.list.map(({ label, filters }) => ({
    label,
    filters,
    all: all.get(label) ?? 0,
    found: some.get(label) ?? 0,
  }));
}

const count = (counts: Map<string, number>, label: string): void =>
  void counts.set(label, (counts.get(label) ?? 0) + 1);

/** The kinds of values that bars stand for; `undefined` where there are too many. */
function kindsOf(
  { path, codes, numbers, texts }: StoredColumn,
  rows: number,
): { readonly list: readonly Kind[]; readonly labelOf: (row: number) => string } | undefined {
  const values = new Set<number>();
  const plain = new Set<number>();
  let least = Infinity;
  let most = -Infinity;
  for (let row = 0; row < rows; row += 1) {
    const code = codes[row] ?? MISSING;
    if (code !== NUMBER) {
      plain.add(code);
      if (code === UNREAD || plain.size > MOST_BARS + 2) return undefined;
      continue;
    }
    const value = numbers?.[row] ?? 0;
    least = Math.min(least, value);
    most = Math.max(most, value);
    if (values.size <= MOST_BARS) values.add(value);
  }
  const is = (value: string): readonly Filter[] => [{ path, operator: 'is', value }];
  const named = new Map<number, string>([
    [FALSE, 'false'],
    [TRUE, 'true'],
  ]);
  const labelOfCode = (code: number): string => named.get(code) ?? texts[code - TEXT] ?? NONE;
  const step = (most - least) / INTERVALS;
  const isMany = values.size > MOST_BARS;
  const interval = (value: number): number => Math.min(INTERVALS - 1, Math.floor((value - least) / step));
  const edge = (index: number): number => Number((least + index * step).toPrecision(12));
  const intervals = Array.from({ length: INTERVALS }, (_, index): Kind => {
    const [from, to] = [edge(index), index === INTERVALS - 1 ? most : edge(index + 1)];
    const end = { path, operator: index === INTERVALS - 1 ? 'at-most' : 'less', value: String(to) } as const;
    const filters = [{ path, operator: 'at-least', value: String(from) } as const, end];
    return { label: `${short(from)} – ${short(to)}`, filters };
  });
  const ofNumbers = isMany
    ? intervals
    : [...values]
        .sort((a, b) => b - a)
        .map((value) => ({ label: String(value), filters: is(String(value)) }));
  const ofTexts = [...plain]
    .filter((code) => code > NUMBER)
    .map(labelOfCode)
    .sort()
    .map((label) => ({ label, filters: is(label) }));
  const ofNone = plain.has(NULL) || plain.has(MISSING);
  const none: Kind = { label: NONE, filters: [{ path, operator: 'empty', value: '' }] };
  const list = [...ofNumbers, ...ofTexts, ...(ofNone ? [none] : [])];
  if (list.length === 0 || (list.length === 1 && ofNone)) return undefined;
  return {
    list,
    labelOf(row) {
      const code = codes[row] ?? MISSING;
      if (code !== NUMBER) return labelOfCode(code);
      const value = numbers?.[row] ?? 0;
      return isMany ? (intervals[interval(value)]?.label ?? NONE) : String(value);
    },
  };
}

const NONE = '(empty)';

const short = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * How far scores of a person and of a judge agree: the share of equal scores, and Cohen's kappa with quadratic weights
 * (Cohen 1968), which counts a difference by its square and takes away the agreement of chance.
 */
export function agreementOf(path: string, pairs: readonly (readonly [number, number])[]): Agreement {
  const equal = pairs.filter(([own, judge]) => own === judge).length;
  const sum = (of: (pair: readonly [number, number]) => number): number =>
    pairs.reduce((total, pair) => total + of(pair), 0);
  const observed = sum(([own, judge]) => (own - judge) ** 2);
  // The same over every pair of an own score and a judge's, divided by their number.
  const expected =
    sum(([own, judge]) => own ** 2 + judge ** 2) -
    (2 * sum(([own]) => own) * sum(([, judge]) => judge)) / pairs.length;
  const hasNoSpread = pairs.length === 0 || Math.abs(expected) < 1e-9;
  return { path, count: pairs.length, equal, kappa: hasNoSpread ? null : 1 - observed / expected };
}
