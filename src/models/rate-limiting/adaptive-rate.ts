import { createBucket, type Bucket } from './token-bucket.js';

/** How fast requests may follow one another, as far as refusals have taught it. */
export interface Pace {
  /** Milliseconds from `now` until the next request may go out. */
  waitFor(now: number): number;
  sent(now: number): void;
  answered(ms: number): void;
  /** How many in flight the rate of answers comes to. */
  inFlight(now: number): number;
  /** The server refused a request: it was one too many. */
  refused(refusal: Refusal, now: number): void;
}

export interface Refusal {
  readonly sentAt: number;
  /** It went out after the latest measure was taken. */
  readonly isNews: boolean;
  /** How long the server is left alone: what a refusal costs. */
  readonly pauseMs: number;
}

/** Rates are measured over a second, or over three where that is only a few requests. */
const measureMs = 1000;
const fewRequests = 10;
const longerMeasure = 3;

/** Slower at once by this share of what is sent, unless more than that was answered. */
const stepDown = 0.7;

/** The pace begins so much below the rate that was borne, and is back there after `returnMs`. */
const caution = 0.05;
/** A first guess is soon tried again; what was found twice is believed for longer. */
const unsureReturnMs = 500;
/** … but not sooner than after so many pauses: one that is paid for in whole seconds is dear. */
const unsurePerPause = 2;
const returnMs = 4000;
const alike = 0.15;
/** The dearer a refusal, the later the next is risked: pauses must not take more than a small share. */
const returnPerPause = 10;
const longestReturnMs = 60_000;

/** Requests a millisecond: one in two seconds. What is slower than that is a matter of pauses. */
const slowest = 1 / 2000;

/** How much of the latency the latest answer makes up. */
const smoothing = 0.1;

/** What a late timer may catch up with. */
const burstMs = 50;

/**
 * Refusals, and the pauses after them, that cost less than this share are no reason to go slower: a limit
 * that is kept to exactly is not made use of, and a server may refuse for reasons other than the pace.
 */
const tolerated = 0.2;

interface Curve {
  readonly from: number;
  /** Requests a millisecond: what was borne. */
  readonly rate: number;
  readonly returnMs: number;
}

/**
 * Where a server counts requests by the second, no number in flight is the right one: fast answers make any
 * number too many. So after a refusal requests keep to the rate that was answered lately. The pace climbs
 * back along a cubic curve (RFC 9438 for TCP; the adaptive retry mode of the AWS SDKs): fast at first, flat
 * near the rate that was borne, then faster and faster until it binds no more.
 */
export function createPace(): Pace {
  const sends = createMeter();
  const taken = createMeter();
  let curve: Curve | undefined;
  let bucket: Bucket | undefined;
  let latency: number | undefined;
  /** What was known at the latest measure; the refusals of its round are counted in as they arrive. */
  let measured: { readonly at: number; readonly rate: number; readonly before: Curve | undefined } = {
    at: 0,
    rate: Infinity,
    before: undefined,
  };

  const rateAt = (now: number): number => {
    if (!curve) return Infinity;
    const x = Math.max(0, now - curve.from) / curve.returnMs - 1;
    return curve.rate * (1 + caution * x ** 3);
  };
  const adjust = (now: number): void => bucket?.refillAt(rateAt(now), now);
  return {
    waitFor(now) {
      adjust(now);
      return bucket?.waitFor(1, now) ?? 0;
    },
    sent(now) {
      sends.count(1, now);
      taken.count(1, now);
      bucket?.take(1, now);
    },
    answered(ms) {
      latency = latency === undefined ? ms : latency + (ms - latency) * smoothing;
    },
    inFlight: (now) => taken.perMs(now) * (latency ?? 0),
    refused({ sentAt, isNews, pauseMs }, now) {
      taken.count(-1, sentAt);
      if (isNews) measured = { at: now, rate: rateAt(now), before: curve };
      const { at, rate: current, before } = measured;
      const from = isNews || !curve ? now + pauseMs : curve.from;
      const [sent, borne] = [sends.perMs(at), taken.perMs(at)];
      if (1 - borne / sent + pauseMs / measureMs < tolerated) {
        curve = before && { ...before, from, rate: current / (1 - caution) };
        return;
      }
      const rate = Math.max(Math.min(current, sent) * stepDown, borne, slowest);
      const isSure = before !== undefined && Math.abs(rate / before.rate - 1) < alike;
      const sureReturnMs = Math.min(longestReturnMs, Math.max(returnMs, returnPerPause * pauseMs));
      curve = {
        from,
        rate,
        returnMs: isSure ? sureReturnMs : Math.max(unsureReturnMs, unsurePerPause * pauseMs),
      };
      const burst = Math.max(1, rate * burstMs);
      bucket = createBucket(burst, rateAt(now));
      bucket.take(burst, now);
    },
  };
}

interface Meter {
  count(events: number, at: number): void;
  /** Events a millisecond, lately. */
  perMs(now: number): number;
}

function createMeter(): Meter {
  const slotMs = measureMs / 8;
  const slots = new Map<number, number>();
  const keptSlots = 8 * longerMeasure;
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
      const lately = countBetween(slot - 8, slot);
      if (lately >= fewRequests) return lately / measureMs;
      const span = Math.min(measureMs * longerMeasure, now - first);
      return countBetween(slot - keptSlots, slot) / Math.max(measureMs, span);
    },
  };
}
