import { PerformanceObserver } from 'node:perf_hooks';
import { heapUse, type HeapUse } from '../core/memory.js';

/** What to do when the memory of the program is used up. */
export const MEMORY_ADVICE = [
  'the memory of the program is full',
  'No stored answer is lost. Run the same command again with more memory, such as NODE_OPTIONS=--max-old-space-size=8192, or with fewer rows: --num-records N, or partitions.',
].join('\n');

/** Part of the heap that is in use after a collection of garbage, from which on there is little hope. */
const NEARLY_FULL = 0.9;

/**
 * Says once that the heap is nearly full, for V8 ends the process at its limit with a trace of its own and no word of
 * what to do. Looks after each collection of garbage.
 */
export function watchHeap(say: (text: string) => void, heap: () => HeapUse = heapUse): void {
  const observer = new PerformanceObserver(() => {
    if (!isNearlyFull(heap())) return;
    observer.disconnect();
    say(heapWarning(heap()));
  });
  observer.observe({ entryTypes: ['gc'] });
}

export const isNearlyFull = ({ used, limit }: HeapUse): boolean => used > limit * NEARLY_FULL;

export function heapWarning({ used, limit }: HeapUse): string {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  return `warning: ${megabytes(used)} of ${megabytes(limit)} of memory are used. If the program ends now, ${MEMORY_ADVICE}`;
}
