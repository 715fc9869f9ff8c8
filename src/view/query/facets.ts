import { kappaOf } from '../../dataset/report/agreement.js';
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

interface Kinds {
  readonly list: readonly { readonly label: string; readonly filters: readonly Filter[] }[];
  /** Position in the list of a row's value. */
  of(row: number): number;
}

function barsOf(column: StoredColumn, rows: number, found: Uint32Array): readonly Bar[] {
  const kinds = kindsOf(column, rows);
  if (!kinds) return [];
  const all = new Uint32Array(kinds.list.length);
  const some = new Uint32Array(kinds.list.length);
  for (let row = 0; row < rows; row += 1) increase(all, kinds.of(row));
  for (const row of found) if (row < rows) increase(some, kinds.of(row));
  return kinds.list.map((kind, index) => ({ ...kind, all: all[index] ?? 0, found: some[index] ?? 0 }));
}

function increase(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

/** The kinds of values that bars stand for; `undefined` where there are too many. */
function kindsOf(column: StoredColumn, rows: number): Kinds | undefined {
  const { path, codes, numbers, texts } = column;
  if (texts.length > MOST_BARS) return undefined;
  const seen = new Uint8Array(TEXT + texts.length);
  const values = new Set<number>();
  let [least, most] = [Infinity, -Infinity];
  for (let row = 0; row < rows; row += 1) {
    const code = codes[row] ?? MISSING;
    seen[code] = 1;
    if (code !== NUMBER) continue;
    const value = numbers?.[row] ?? 0;
    if (value < least) least = value;
    if (value > most) most = value;
    if (values.size <= MOST_BARS) values.add(value);
  }
  if (seen[UNREAD] === 1) return undefined;
  const is = (value: string): Kinds['list'][number] => ({
    label: value,
    filters: [{ path, operator: 'is', value }],
  });
  const isMany = values.size > MOST_BARS;
  const sorted = [...values].sort((a, b) => b - a);
  const ofNumbers = isMany ? intervalsOf(path, least, most) : sorted.map((value) => is(String(value)));
  const named = new Map([
    [FALSE, 'false'],
    [TRUE, 'true'],
    ...texts.map((text, index) => [TEXT + index, text] as const),
  ]);
  const ofTexts = [...named].filter(([code]) => seen[code] === 1).sort(([, a], [, b]) => (a < b ? -1 : 1));
  const hasNone = seen[NULL] === 1 || seen[MISSING] === 1;
  const none = { label: '(empty)', filters: [{ path, operator: 'empty', value: '' } as const] };
  const list = [...ofNumbers, ...ofTexts.map(([, text]) => is(text)), ...(hasNone ? [none] : [])];
  if (list.length <= Number(hasNone)) return undefined;
  const positions = new Uint16Array(seen.length).fill(list.length - 1);
  for (const [index, [code]] of ofTexts.entries()) positions[code] = ofNumbers.length + index;
  const step = (most - least) / INTERVALS;
  const positionOf = new Map(sorted.map((value, index) => [value, index]));
  const ofNumber = (value: number): number =>
    isMany ? Math.min(INTERVALS - 1, Math.floor((value - least) / step)) : (positionOf.get(value) ?? 0);
  return {
    list,
    of(row) {
      const code = codes[row] ?? MISSING;
      return code === NUMBER ? ofNumber(numbers?.[row] ?? 0) : (positions[code] ?? 0);
    },
  };
}

/** Ten intervals of equal width; the last one includes its end. */
function intervalsOf(path: string, least: number, most: number): Kinds['list'] {
  const step = (most - least) / INTERVALS;
  return Array.from({ length: INTERVALS }, (_, index) => {
    const isLast = index === INTERVALS - 1;
    const [from, to] = [least + index * step, isLast ? most : least + (index + 1) * step];
    const end = { path, operator: isLast ? 'at-most' : 'less', value: String(to) } as const;
    const filters = [{ path, operator: 'at-least', value: String(from) } as const, end];
    return { label: `${short(from)} – ${short(to)}`, filters };
  });
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** How far scores of a person and of a judge agree: how many are equal, and Cohen's kappa with quadratic weights. */
export function agreementOf(path: string, pairs: readonly (readonly [number, number])[]): Agreement {
  const equal = pairs.filter(([own, judge]) => own === judge).length;
  const { kappa } = kappaOf(pairs.map(([a, b]) => ({ a, b, count: 1 })));
  return { path, count: pairs.length, equal, kappa };
}
