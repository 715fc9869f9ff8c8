/**
 * Keeps work that fills the memory in one go from being ended by V8, which says nothing of what to do: a program is
 * told in words that the heap is full while there is still room to say so. Work that waits in between is watched by
 * `cli/heap-watch.ts`.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface HeapUse {
  readonly used: number;
  readonly limit: number;
}

/**
 * Three semi-spaces: V8's limit includes the young generation, which is full only for moments. A semi-space has 16 MB,
 * and 64 MB since V8 13 (Node 24).
 */
const YOUNG_GENERATION = 3 * (Number.parseInt(process.versions.v8, 10) < 13 ? 16 : 64) * 2 ** 20;

/** In bytes. */
export function heapUse(): HeapUse {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return { used, limit: Math.max(limit - YOUNG_GENERATION, limit / 4) };
}

/** Bytes that can be read as one text and taken apart: a character may take two bytes, and its parts as much again. */
export function roomForText({ used, limit }: HeapUse = heapUse()): number {
  return Math.max(0, (limit - used) / 3);
}

/** Above this part of the limit, the heap counts as full when a collection of garbage does not help. */
const FULL = 0.8;

const CHECK_EVERY = { calls: 1000, bytes: 2 ** 20 };

/** Thrown in place of V8's own end. */
export function outOfMemory(): Error {
  return Object.assign(
    new Error(
      'fills the memory of the program; give it more, such as NODE_OPTIONS=--max-old-space-size=8192, or divide the file',
    ),
    { code: 'ERR_MEMORY_ALLOCATION_FAILED' },
  );
}

/**
 * For a loop that keeps what it makes and never waits. Call the result in each turn, with about how many bytes it has
 * made; it throws `outOfMemory` when the heap is nearly full.
 */
export function createMemoryCheck(
  use: () => HeapUse = heapUse,
  collect: () => void = collectGarbage,
): (bytes: number) => void {
  let calls = 0;
  let bytes = 0;
  const isFull = (): boolean => use().used > use().limit * FULL;
  return (made) => {
    calls += 1;
    bytes += made;
    if (calls < CHECK_EVERY.calls && bytes < CHECK_EVERY.bytes) return;
    calls = bytes = 0;
    if (!isFull()) return;
    collect();
    if (isFull()) throw outOfMemory();
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
