/**
 * A token bucket: filled steadily, emptied by what is sent. It may be overdrawn: what is larger than the
 * bucket goes out when it is full, and is paid off before anything else goes out.
 */
export interface Bucket {
  /** Milliseconds from `now` until `amount` may be taken; 0 when it may be taken at once. */
  waitFor(amount: number, now: number): number;
  take(amount: number, now: number): void;
  /** Puts back what was taken and not used; a negative amount takes what was used beyond. */
  giveBack(amount: number, now: number): void;
  /** From now on it is filled at this rate. */
  refillAt(perMs: number, now: number): void;
}

/** A full bucket. */
export function createBucket(capacity: number, refillPerMs: number): Bucket {
  let perMs = refillPerMs;
  let level = capacity;
  let at = -Infinity;

  const refill = (now: number): void => {
    if (now > at) level = Math.min(capacity, level + (at === -Infinity ? 0 : (now - at) * perMs));
    at = Math.max(at, now);
  };
  return {
    waitFor(amount, now) {
      refill(now);
      const missing = Math.min(amount, capacity) - level;
      // Less than a millionth is what is lost in adding up.
      return missing < 1e-6 ? 0 : missing / perMs;
    },
    take(amount, now) {
      refill(now);
      level -= amount;
    },
    giveBack(amount, now) {
      refill(now);
      level = Math.min(capacity, level + amount);
    },
    refillAt(rate, now) {
      refill(now);
      perMs = rate;
    },
  };
}
