/**
 * A token bucket: filled at a steady rate, emptied by what is sent. It may go into debt: an amount larger than
 * the bucket is sent when the bucket is full, and later sends wait until it is repaid.
 */
export interface TokenBucket {
  /** Milliseconds from `now` until `amount` may be taken; 0 when it may be taken now. */
  waitFor(amount: number, now: number): number;
  take(amount: number, now: number): void;
  /** What is in it; less than 0 is a debt. */
  level(now: number): number;
  /** Returns what was taken and not used; a negative amount takes what was used in excess. */
  refund(amount: number, now: number): void;
  /** Changes the rate from `now` on. */
  setRefillRate(perMs: number, now: number): void;
}

/** A bucket that starts full. */
export function createTokenBucket(capacity: number, refillPerMs: number): TokenBucket {
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
      // Less than a millionth is a rounding error.
      return missing < 1e-6 ? 0 : missing / perMs;
    },
    level(now) {
      refill(now);
      return level;
    },
    take(amount, now) {
      refill(now);
      level -= amount;
    },
    refund(amount, now) {
      refill(now);
      level = Math.min(capacity, level + amount);
    },
    setRefillRate(rate, now) {
      refill(now);
      perMs = rate;
    },
  };
}
