/**
 * The part of a model's limits that this process has, where several processes keep them together. Whoever hands out the
 * parts sees to it that their sum is never more than the limits.
 */
import type { InferenceParameters } from '../../core/config.js';

export type SharedLimits = Pick<
  InferenceParameters,
  'max_parallel_requests' | 'requests_per_minute' | 'tokens_per_minute'
>;

export interface Share {
  /** The part now; nothing of a kind that has no limit. No request may be sent while `max_parallel_requests` is 0. */
  readonly part: SharedLimits;
  /** Called by the limiter that keeps to it. */
  join(user: ShareUser): void;
  /** There are requests, and none may be sent. */
  ask(): void;
}

export interface ShareUser {
  readonly inFlight: number;
  readonly isWaiting: boolean;
  /** The part has changed. */
  changed(): void;
}

/** Hands out a share of the limits of one model of one endpoint. */
export type ShareOf = (key: string, limits: SharedLimits) => Share;
