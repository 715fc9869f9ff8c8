interface Shared {
  readonly listeners: Set<() => void>;
  readonly tellAll: () => void;
}

const shared = new WeakMap<AbortSignal, Shared>();

/**
 * Calls `listener` when the signal is aborted. For a signal that many wait for: `addEventListener` compares a new
 * listener with all that are there, so this adds one to the signal and keeps the others in a set.
 *
 * @returns a function that removes the listener
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, tellAll } = shared.get(signal) ?? share(signal);
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    shared.delete(signal);
    signal.removeEventListener('abort', tellAll);
  };
}

function share(signal: AbortSignal): Shared {
  const listeners = new Set<() => void>();
  const tellAll = (): void => {
    for (const tell of listeners) tell();
  };
  const entry = { listeners, tellAll };
  shared.set(signal, entry);
  signal.addEventListener('abort', tellAll, { once: true });
  return entry;
}
