import type { JsonObject } from '../../core/json.js';
import type { ColumnStore } from './columns.js';
import { patternIn, rowMatcher, searchMatcher } from './match.js';
import { decide, IN, OPEN, orderOf, OUT } from './select.js';
import type { Filter, Place, Query, Sort } from './types.js';

/** Where rows are looked for. */
export interface Rows {
  readonly store: ColumnStore;
  /** Rows that there are; the store may have fewer. */
  readonly rows: number;
  /** The rows that match, out of some. `search` is a text that each of them has to contain, where that is known. */
  scan(
    candidates: Uint32Array,
    matches: (row: JsonObject) => boolean,
    hints: ScanHints,
  ): Promise<Uint32Array>;
  /** Runs work that a regular expression could keep busy. */
  bounded<T>(work: () => T): T;
}

export interface ScanHints {
  readonly search?: string;
  /** True if a regular expression is asked. */
  readonly isSlow: boolean;
}

/** The numbers of the rows that a query finds, in its order. Throws a `SyntaxError` for a wrong regular expression. */
export async function findRows(source: Rows, query: Query): Promise<Uint32Array> {
  const { store } = source;
  const { filters, search, sort } = query;
  const needsColumns = filters.length > 0 || sort !== undefined;
  const rows = needsColumns ? Math.min(store.rows, source.rows) : source.rows;
  const hasPattern = filters.some(({ operator }) => operator === 'matches');
  const decided = hasPattern
    ? source.bounded(() => decide(store, filters, rows))
    : decide(store, filters, rows);
  if (search !== '' || decided.includes(OPEN)) await readOpen(source, query, decided, hasPattern);
  return inOrder(source, decided, sort);
}

async function readOpen(
  source: Rows,
  { filters, search }: Query,
  decided: Uint8Array,
  hasPattern: boolean,
): Promise<void> {
  const candidates = indices(decided, (decision) => (search === '' ? decision === OPEN : decision !== OUT));
  // What is not in the rows themselves is in the columns only, which have decided about it.
  const inRows: readonly Filter[] = filters.filter(({ path }) => !path.startsWith('@'));
  const holds = rowMatcher(inRows);
  const hasText = search === '' ? () => true : searchMatcher(search);
  const isPattern = patternIn(search) !== undefined;
  const kept = await source.scan(candidates, (row) => hasText(row) && holds(row), {
    isSlow: hasPattern || isPattern,
    ...(search !== '' && !isPattern && { search }),
  });
  for (const row of candidates) decided[row] = OUT;
  for (const row of kept) decided[row] = IN;
}

/** Where a row is among those that were found. */
export function placeIn(found: Uint32Array, row: number, isSorted: boolean): Place {
  const at = isSorted ? found.indexOf(row) : lowerBound(found, row);
  const isFound = found[at] === row;
  const index = at === -1 ? 0 : at;
  const previous = found[index - 1];
  const next = found[isFound ? index + 1 : index];
  return {
    index,
    isFound,
    found: found.length,
    ...(previous !== undefined && { previous }),
    ...(next !== undefined && { next }),
  };
}

/** The first position whose row is not below another. */
function lowerBound(rows: Uint32Array, row: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? 0) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

const orders = new WeakMap<
  ColumnStore,
  Map<string, { readonly rows: number; readonly order: Uint32Array }>
>();

function inOrder({ store }: Rows, decided: Uint8Array, sort: Sort | undefined): Uint32Array {
  if (!sort) return indices(decided, (decision) => decision === IN);
  const key = `${sort.descending}${sort.path}`;
  const known = orders.get(store) ?? new Map<string, { rows: number; order: Uint32Array }>();
  orders.set(store, known);
  let entry = known.get(key);
  // A column that is not in the rows changes with every review.
  if (entry?.rows !== decided.length || sort.path.startsWith('@')) {
    entry = { rows: decided.length, order: orderOf(store, sort, decided.length) };
    if (known.size >= 4) known.clear();
    known.set(key, entry);
  }
  return entry.order.filter((row) => decided[row] === IN);
}

function indices(decided: Uint8Array, wanted: (decision: number) => boolean): Uint32Array {
  const found = new Uint32Array(decided.length);
  let count = 0;
  for (let row = 0; row < decided.length; row += 1)
    if (wanted(decided[row] ?? OUT)) {
      found[count] = row;
      count += 1;
    }
  return found.slice(0, count);
}
