import type { Json } from '../../core/json.js';
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
import { matcherOf } from './match.js';
import type { Filter, Sort } from './types.js';

/** What the columns alone say of a row. */
export const OUT = 0;
export const IN = 1;
/** The row has to be read. */
export const OPEN = 2;

/** Decides each of the first `rows` rows by the columns alone. */
export function decide(store: ColumnStore, filters: readonly Filter[], rows: number): Uint8Array {
  const decisions = new Uint8Array(rows).fill(IN);
  for (const filter of filters) {
    const column = store.columns.get(filter.path);
    if (column) narrow(decisions, column, filter);
    else if (!filter.path.startsWith('@')) openAll(decisions);
    else if (!matcherOf(filter)(undefined)) decisions.fill(OUT);
  }
  return decisions;
}

function narrow(decisions: Uint8Array, column: StoredColumn, filter: Filter): void {
  const matches = matcherOf(filter);
  const table = new Uint8Array(TEXT + column.texts.length);
  const constants: readonly (readonly [number, Json | undefined])[] = [
    [MISSING, undefined],
    [NULL, null],
    [FALSE, false],
    [TRUE, true],
  ];
  for (const [code, value] of constants) table[code] = Number(matches(value));
  table[UNREAD] = OPEN;
  for (const [index, text] of column.texts.entries()) table[TEXT + index] = Number(matches(text));
  const { codes, numbers } = column;
  for (let row = 0; row < decisions.length; row += 1) {
    if (decisions[row] === OUT) continue;
    const code = codes[row] ?? MISSING;
    const found = code === NUMBER ? Number(matches(numbers?.[row] ?? null)) : (table[code] ?? OUT);
    if (found !== IN) decisions[row] = found;
  }
}

function openAll(decisions: Uint8Array): void {
  for (let row = 0; row < decisions.length; row += 1) if (decisions[row] === IN) decisions[row] = OPEN;
}

/**
 * All rows in the order of a column: false, true, numbers, then texts by their code units; what is not stored or empty
 * comes last in both directions. Rows that are equal keep the order of the dataset.
 */
export function orderOf(store: ColumnStore, { path, descending }: Sort, rows: number): Uint32Array {
  const column = store.columns.get(path);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  if (!column) return order;
  const { codes, numbers } = column;
  const ranks = new Uint32Array(column.texts.length);
  const sorted = Uint32Array.from(column.texts.keys());
  const { texts } = column;
  sorted.sort((a, b) => compareTexts(texts[a] ?? '', texts[b] ?? ''));
  for (const [rank, index] of sorted.entries()) ranks[index] = rank;
  const isLast = (row: number): boolean => (codes[row] ?? MISSING) <= NULL;
  const present = order.filter((row) => !isLast(row));
  const keys = new Float64Array(rows);
  const kinds = new Uint8Array(rows);
  for (const row of present) {
    const code = codes[row] ?? MISSING;
    kinds[row] = code === NUMBER ? 1 : code < TEXT ? 0 : 2;
    keys[row] = code === NUMBER ? (numbers?.[row] ?? 0) : code < TEXT ? code : (ranks[code - TEXT] ?? 0);
  }
  const sign = descending ? -1 : 1;
  present.sort((a, b) => {
    const kind = (kinds[a] ?? 0) - (kinds[b] ?? 0);
    return sign * (kind === 0 ? (keys[a] ?? 0) - (keys[b] ?? 0) : kind) || a - b;
  });
  const all = new Uint32Array(rows);
  all.set(present);
  all.set(order.filter(isLast), present.length);
  return all;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
