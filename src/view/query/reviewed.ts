import type { ColumnStore } from './columns.js';
import type { ShownReview } from './types.js';

/** Puts a review into columns of its own, which filters can ask: `@verdict`, `@note`, `@edited`, `@outdated`, `@own.…`. */
export function setReview(
  store: ColumnStore,
  row: number,
  { verdict, note, edits, outdated, scores }: ShownReview,
): void {
  store.set(row, '@verdict', verdict);
  store.set(row, '@note', note);
  store.set(row, '@edited', edits ? true : undefined);
  store.set(row, '@outdated', outdated || undefined);
  for (const path of store.columns.keys()) if (path.startsWith('@own.')) store.set(row, path, undefined);
  for (const [path, score] of Object.entries(scores ?? {})) store.set(row, `@own.${path}`, score);
}
