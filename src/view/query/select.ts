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
  if (!column) return Uint32Array.from({ length: rows }, (_, row) => row);
  const { codes, numbers, texts } = column;
  const rankOfNumber = ranksOf(numbersIn(column, rows), (a, b) => a - b);
  const rankOfText = ranksOf(texts, compareTexts);
  const rankOf = (row: number): number | undefined => {
    const code = codes[row] ?? MISSING;
    if (code === NUMBER) return 2 + (rankOfNumber.get(numbers?.[row] ?? 0) ?? 0);
    if (code >= TEXT) return 2 + rankOfNumber.size + (rankOfText.get(texts[code - TEXT] ?? '') ?? 0);
    return code === FALSE ? 0 : code === TRUE ? 1 : undefined;
  };
  const last = 2 + rankOfNumber.size + rankOfText.size;
  // Rank and row in one number, which typed arrays sort without calling back.
  const keys = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const rank = rankOf(row);
    keys[row] = (rank === undefined ? last : descending ? last - 1 - rank : rank) * ROWS + row;
  }
  return Uint32Array.from(keys.sort(), (key) => key % ROWS);
}

/** More rows than there can be, so that a key holds a rank and a row without loss. */
const ROWS = 2 ** 30;

function ranksOf<T>(values: Iterable<T>, compare: (a: T, b: T) => number): ReadonlyMap<T, number> {
  return new Map([...values].sort(compare).map((value, rank) => [value, rank]));
}

function numbersIn({ codes, numbers }: StoredColumn, rows: number): ReadonlySet<number> {
  const found = new Set<number>();
  if (numbers)
    for (let row = 0; row < rows; row += 1) if (codes[row] === NUMBER) found.add(numbers[row] ?? 0);
  return found;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
