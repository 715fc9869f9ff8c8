import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/**
 * A client-side rate limit that is learned from 429 responses. Where a server counts requests per second, no
 * number of requests in flight is right: with fast answers, any number is too many. So after a 429 the requests
 * pass through a token bucket that is filled at the rate the server accepted recently. The rate then follows a
 * cubic curve: it rises fast at first, is flat near the last accepted rate, then rises faster until it no longer
 * limits anything. This is the window growth of CUBIC (RFC 9438) applied to a request rate, as in the adaptive
 * retry mode of the AWS SDKs.
 */
export interface AdaptiveRate {
  /** Milliseconds from `now` until the next request may be sent. */
  waitFor(now: number): number;
  sent(now: number): void;
  answered(latencyMs: number): void;
  /** Requests in flight at the accepted rate, by Little's law: rate times latency. */
  expectedInFlight(now: number): number;
  /** The server answered 429. */
  throttled(throttling: Throttling, now: number): void;
}

export interface Throttling {
  readonly sentAt: number;
  /** The request was sent after the latest adjustment, so the 429 is news about that adjustment. */
  readonly sentAfterAdjustment: boolean;
  /** How long all requests pause because of it. */
  readonly pauseMs: number;
}

/** Rates are measured over a second, or over three when a second has only a few requests. */
const measureMs = 1000;
const fewRequests = 10;
const longMeasure = 3;

/** A 429 lowers the rate at once to this share of what is sent, or to the accepted rate when that is higher. */
const decrease = 0.7;

/** The curve starts this share below the accepted rate and is back there after `recoveryMs`. */
const startBelow = 0.05;
/** The recovery after a first guess is short; a rate that was found twice is kept for longer. */
const guessRecoveryMs = 500;
/** A guess takes at least this many pauses to recover: with pauses of whole seconds each 429 is expensive. */
const guessRecoveryPauses = 2;
const recoveryMs = 4000;
/** Two accepted rates count as the same when they differ by less than this share. */
const sameRate = 0.15;
/** The longer the pause, the longer the recovery, so that pauses take only a small share of the time. */
const recoveryPauses = 10;
const maxRecoveryMs = 60_000;

/** Requests per millisecond: one in two seconds. Anything slower is left to the pauses. */
const minRate = 1 / 2000;

/** Weight of the latest answer in the average latency. */
const smoothing = 0.1;

/** Sends that a late timer may catch up with. */
const burstMs = 50;

/**
 * 429s and pauses that cost less than this share are no reason to slow down: staying strictly below a limit
 * wastes some of it, and a server may send a 429 for other reasons than the rate.
 */
const tolerated = 0.2;

interface Curve {
  readonly from: number;
  /** The accepted rate, in requests per millisecond. */
  readonly rate: number;
  readonly recoveryMs: number;
}

export function createAdaptiveRate(): AdaptiveRate {
  const sends = createMeter();
  const accepted = createMeter();
  let curve: Curve | undefined;
  let bucket: TokenBucket | undefined;
  let latency: number | undefined;
  /** The state at the latest adjustment. More 429s of the same round refine it. */
  let adjustment: { readonly at: number; readonly rate: number; readonly before: Curve | undefined } = {
    at: 0,
    rate: Infinity,
    before: undefined,
  };

  const rateAt = (now: number): number => {
    if (!curve) return Infinity;
    const x = Math.max(0, now - curve.from) / curve.recoveryMs - 1;
    return curve.rate * (1 + startBelow * x ** 3);
  };
  return {
    waitFor(now) {
      bucket?.setRefillRate(rateAt(now), now);
      return bucket?.waitFor(1, now) ?? 0;
    },
    sent(now) {
      sends.count(1, now);
      accepted.count(1, now);
      bucket?.take(1, now);
    },
    answered(latencyMs) {
      latency = latency === undefined ? latencyMs : latency + (latencyMs - latency) * smoothing;
    },
    expectedInFlight: (now) => accepted.perMs(now) * (latency ?? 0),
    throttled({ sentAt, sentAfterAdjustment, pauseMs }, now) {
      accepted.count(-1, sentAt);
      if (sentAfterAdjustment) adjustment = { at: now, rate: rateAt(now), before: curve };
      const { at, rate: current, before } = adjustment;
      const from = sentAfterAdjustment || !curve ? now + pauseMs : curve.from;
      const [sentRate, acceptedRate] = [sends.perMs(at), accepted.perMs(at)];
      if (1 - acceptedRate / sentRate + pauseMs / measureMs < tolerated) {
        curve = before && { ...before, from, rate: current / (1 - startBelow) };
        return;
      }
      const rate = Math.max(Math.min(current, sentRate) * decrease, acceptedRate, minRate);
      curve = { from, rate, recoveryMs: recoveryOf(rate, before, pauseMs) };
      const burst = Math.max(1, rate * burstMs);
      bucket = createTokenBucket(burst, rateAt(now));
      bucket.take(burst, now);
    },
  };
}

function recoveryOf(rate: number, before: Curve | undefined, pauseMs: number): number {
  const isConfirmed = before !== undefined && Math.abs(rate / before.rate - 1) < sameRate;
  return isConfirmed
    ? Math.min(maxRecoveryMs, Math.max(recoveryMs, recoveryPauses * pauseMs))
    : Math.max(guessRecoveryMs, guessRecoveryPauses * pauseMs);
}

/** Counts events in a sliding window. */
interface Meter {
  count(events: number, at: number): void;
  /** Recent events per millisecond. */
  perMs(now: number): number;
}

function createMeter(): Meter {
  const slotMs = measureMs / 8;
  const slots = new Map<number, number>();
  const keptSlots = 8 * longMeasure;
  const countBetween = (oldest: number, newest: number): number => {
    let events = 0;
    for (const [slot, count] of slots) if (slot > oldest && slot <= newest) events += count;
    return events;
  };
  let first = Infinity;
  return {
    count(events, at) {
      first = Math.min(first, at);
      const slot = Math.floor(at / slotMs);
      const known = slots.get(slot);
      slots.set(slot, (known ?? 0) + events);
      if (known !== undefined) return;
      for (const old of slots.keys()) if (old <= slot - keptSlots) slots.delete(old);
    },
    perMs(now) {
      const slot = Math.floor(now / slotMs);
      const recent = countBetween(slot - 8, slot);
      if (recent >= fewRequests) return recent / measureMs;
      const span = Math.min(measureMs * longMeasure, now - first);
      return countBetween(slot - keptSlots, slot) / Math.max(measureMs, span);
    },
  };
}
