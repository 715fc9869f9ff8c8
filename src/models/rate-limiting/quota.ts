import { createBucket, type Bucket } from './token-bucket.js';
import type { Usage } from '../types.js';
import type { InferenceParameters } from '../../core/config.js';

/** What was set aside for a request, until it is known what it took. */
export interface Reservation {
  readonly tokens: number;
}

/** `requests_per_minute` and `tokens_per_minute` of one model of one endpoint. */
export interface RateLimits {
  /** Milliseconds from `now` until a request with a prompt of so many characters may go out. */
  waitFor(promptLength: number, now: number): number;
  reserve(promptLength: number, now: number): Reservation;
  /** The request was answered; without a usage what was set aside counts as used. */
  settle(reservation: Reservation, usage: Usage, now: number): void;
  /** The request got no answer: it took no tokens, but was a request. */
  release(reservation: Reservation, now: number): void;
}

/** Rough, and settled after: what English and JSON come to with most tokenizers. */
const charactersPerToken = 4;

/** Tokens of an answer before any is known, where `max_tokens` does not bound them. */
const unknownOutput = 1024;

/** How much of the average output the latest answer makes up. */
const smoothing = 0.1;

/** What of a minute may go out at once. */
const burstShare = 1 / 60;

export function createRateLimits(parameters: InferenceParameters): RateLimits {
  const { requests_per_minute, tokens_per_minute, max_tokens } = parameters;
  const requests = requests_per_minute === undefined ? undefined : perMinute(requests_per_minute);
  const tokens = tokens_per_minute === undefined ? undefined : perMinute(tokens_per_minute);
  let output: number | undefined;

  const estimate = (promptLength: number): number =>
    Math.ceil(promptLength / charactersPerToken) + Math.ceil(output ?? max_tokens ?? unknownOutput);
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
    settle(reservation, usage, now) {
      if (usage.output !== undefined)
        output = output === undefined ? usage.output : output + (usage.output - output) * smoothing;
      if (usage.input === undefined || usage.output === undefined) return;
      tokens?.giveBack(reservation.tokens - usage.input - usage.output, now);
    },
    release: (reservation, now) => tokens?.giveBack(reservation.tokens, now),
  };
}

/**
 * At most `amount` in any minute: what goes out at once is taken off what is filled up in the minute after it.
 * A single request always fits.
 */
function perMinute(amount: number): Bucket {
  const burst = Math.max(1, amount * burstShare);
  return createBucket(burst, (amount - burst + 1) / 60_000);
}
