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
  /** More requests could be sent than the part allows. */
  ask(): void;
  /** The server wants no request for so long: others who use it are told. */
  throttled(ms: number): void;
}

export interface ShareUser {
  readonly inFlight: number;
  /** How many requests could be in flight now, if the limit was not shared. */
  readonly wanted: number;
  /** The part has changed. */
  changed(): void;
  /** Another user was told by the server to send nothing for so long. */
  pause(ms: number): void;
}

/** Hands out a share of the limits of one model of one endpoint. */
export type ShareOf = (key: string, limits: SharedLimits) => Share;
