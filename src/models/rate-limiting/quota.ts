import type { InferenceParameters } from '../../core/config.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';
import type { SharedLimits } from './share.js';
import type { Usage } from '../types.js';

/** `requests_per_minute` and `tokens_per_minute` of one model of one endpoint. */
export interface Quota {
  /** Milliseconds from `now` until a request with a prompt of this many characters may be sent. */
  waitFor(promptLength: number, now: number): number;
  /** Takes the estimated tokens of a request when it is sent. */
  reserve(promptLength: number, now: number): Reservation;
  /** The request was answered: corrects the estimate. Without a usage the estimate counts as used. */
  settle(reservation: Reservation, usage: Usage, now: number): void;
  /** The request failed: it used no tokens, but counts as a request. */
  release(reservation: Reservation, now: number): void;
  /** Changes the limits from `now` on. The new ones begin with nothing saved up. */
  resize(limits: SharedLimits, now: number): void;
}

/** The tokens that were taken for a request before its usage is known. */
export interface Reservation {
  readonly tokens: number;
}

/** A rough average for English and JSON with most tokenizers; corrected by `settle`. */
const charactersPerToken = 4;

/** The estimate of the first answer, where there is no `max_tokens`. */
const unknownOutput = 1024;

/** Weight of the latest answer in the average output. */
const smoothing = 0.1;

/** Share of a minute's quota that may be sent at once. */
const burstShare = 1 / 60;

export function createQuota(parameters: InferenceParameters): Quota {
  const { requests_per_minute, tokens_per_minute, max_tokens } = parameters;
  let requests = requests_per_minute === undefined ? undefined : perMinute(requests_per_minute);
  let tokens = tokens_per_minute === undefined ? undefined : perMinute(tokens_per_minute);
  let sizes: SharedLimits = parameters;
  let averageOutput: number | undefined;

  const estimate = (promptLength: number): number =>
    Math.ceil(promptLength / charactersPerToken) + Math.ceil(averageOutput ?? max_tokens ?? unknownOutput);
  return {
    waitFor: (promptLength, now) =>
      Math.max(
        requests ? requests.waitFor(1, now) : 0,
        tokens ? tokens.waitFor(estimate(promptLength), now) : 0,
      ),
    reserve(promptLength, now) {
      requests?.take(1, now);
      const reserved = tokens ? estimate(promptLength) : 0;
      tokens?.take(reserved, now);
      return { tokens: reserved };
    },
    settle(reservation, { input, output }, now) {
      if (output !== undefined)
        averageOutput =
          averageOutput === undefined ? output : averageOutput + (output - averageOutput) * smoothing;
      if (input === undefined || output === undefined) return;
      tokens?.refund(reservation.tokens - input - output, now);
    },
    release: (reservation, now) => tokens?.refund(reservation.tokens, now),
    resize(limits, now) {
      const { requests_per_minute: calls, tokens_per_minute: words } = limits;
      if (calls !== undefined && calls !== sizes.requests_per_minute)
        requests = resized(requests, calls, now);
      if (words !== undefined && words !== sizes.tokens_per_minute) tokens = resized(tokens, words, now);
      sizes = limits;
    },
  };
}

/** A bucket of another size, empty or with the debt of the one before. */
function resized(before: TokenBucket | undefined, amount: number, now: number): TokenBucket {
  const bucket = perMinute(amount);
  bucket.take(bucket.level(now) - Math.min(0, before?.level(now) ?? 0), now);
  return bucket;
}

/**
 * At most `amount` in any minute: the burst is subtracted from what is refilled in the minute after it. A single
 * request always fits.
 */
function perMinute(amount: number): TokenBucket {
  const burst = Math.max(1, amount * burstShare);
  return createTokenBucket(burst, Math.max(amount - burst + 1, 1e-9) / 60_000);
}
