import { setImmediate } from 'node:timers/promises';

/**
 * Work that never waits for anything would keep everybody else from theirs. The result lets them have a turn, if
 * it is time: asking more often would cost more than short work does.
 *
 * @param patience for so long others may wait, in milliseconds
 */
export function createTurns(patience = 5): () => Promise<void> {
  let last = 0;
  return async () => {
    if (performance.now() - last < patience) return;
    await setImmediate();
    last = performance.now();
  };
}
