/**
 * Changes of reviews on their way to the file. A change is shown at once, and saved after those that were made before
 * it. While the server cannot be reached it is tried again. What the server refuses is shown until it is dismissed, so
 * that no text is lost.
 */
import { computed, signal } from '@preact/signals';
import { decide, type ReviewChange } from '../../dataset/decisions.js';
import type { RecordView, ShownReview } from '../query/types.js';
import { Refused } from './source.js';
import { dataset, isReadOnly, record, saveReview, showSaved } from './state.js';

interface Unsaved {
  readonly dataset: number;
  readonly row: number;
  readonly key: string;
  readonly change: ReviewChange;
}

export const unsaved = signal<readonly Unsaved[]>([]);
export const refused = signal<readonly Unsaved[]>([]);
/** True after a try that failed. */
export const isStuck = signal(false);

/** The row beside the table, with the changes that are not saved yet. */
export const shownRecord = computed<RecordView | undefined>(() => {
  const open = record.value;
  const changes = unsaved.value.filter((one) => one.dataset === dataset.value && one.key === open?.key);
  if (!open || changes.length === 0) return open;
  const review = changes.reduce<ShownReview>(
    ({ at, outdated, ...before }, { change }) => ({ ...decide(before, change), at, outdated }),
    open.review ?? { at: '', outdated: false },
  );
  return { ...open, review };
});

/** Changes the review of the row that is shown. */
export function review(change: ReviewChange): void {
  const open = record.value;
  if (!open || isReadOnly.value) return;
  unsaved.value = [...unsaved.value, { dataset: dataset.value, row: open.row, key: open.key, change }];
  if (unsaved.value.length === 1) void saveAll();
}

const RETRY_MS = 1000;

async function saveAll(): Promise<void> {
  for (let next = unsaved.value[0]; next; next = unsaved.value[0]) {
    const { dataset: of, row, key, change } = next;
    try {
      const saved = await saveReview(of, row, key, change);
      isStuck.value = false;
      unsaved.value = unsaved.value.slice(1);
      showSaved(of, row, saved);
    } catch (error) {
      isStuck.value = !(error instanceof Refused);
      if (isStuck.value) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      else {
        unsaved.value = unsaved.value.slice(1);
        refused.value = [...refused.value, next];
      }
    }
  }
}

/** Asks before the page is left with changes that are not saved. */
export function listenToLeaving(): void {
  globalThis.addEventListener('beforeunload', (event) => {
    if (unsaved.value.length > 0) event.preventDefault();
  });
}
