import { createThroughputWatch } from './throughput-watch.js';

/** One answer, as far as the limit looks at it. */
export interface Sample {
  /** How many were in flight when the request went out, itself included. */
  readonly parallel: number;
  readonly ms: number;
  /** Tokens that the model wrote; `undefined` where the server did not say. */
  readonly output: number | undefined;
}

/** How many requests may be in flight: never more than the ceiling, and fewer when the server asks for it. */
export interface AdaptiveLimit {
  /** At least 1. */
  readonly current: number;
  /** The server took a request and answered it. */
  answered(sample: Sample): void;
  /** The server cannot bear so many: 503, 529. Say it once however many were refused together. */
  overloaded(): void;
  /**
   * The server wants them slower: 429. Say it once however many were refused together. How fast they follow
   * one another is then held back elsewhere, so the limit soon comes back to where it was.
   *
   * @param borne so many in flight are known to be borne
   */
  refused(borne: number): void;
  /** The server was away and is back: begin as with an unknown one. */
  restart(): void;
}

/** Of two steps down, the second must still leave more than half: 3/4 is what Data Designer takes as well. */
const stepDown = 0.75;

/** Not all at once against an unknown server; doubled with each round trip, that is two of them. */
const startShare = 1 / 4;
const smallestStart = 4;

/**
 * TCP's congestion window (RFC 5681): doubles each round trip up to a threshold, then grows by one a round
 * trip, and shrinks by a share when requests are refused or when more in flight got less done.
 */
export function createAdaptiveLimit(ceiling: number): AdaptiveLimit {
  const start = Math.min(ceiling, Math.max(smallestStart, Math.ceil(ceiling * startShare)));
  const watch = createThroughputWatch();
  let limit = start;
  let threshold = ceiling;

  const shrink = (): void => {
    limit = Math.max(1, limit * stepDown);
    threshold = limit;
  };
  return {
    get current() {
      return Math.floor(limit);
    },
    answered(sample) {
      if (watch.isOvercrowded(sample)) return shrink();
      // What is not made use of is not known to be borne either.
      if (sample.parallel * 2 < limit) return;
      limit = Math.min(ceiling, limit + (limit < threshold ? 1 : 1 / limit));
    },
    overloaded: shrink,
    refused(borne) {
      threshold = limit;
      limit = Math.max(1, limit * stepDown, Math.min(limit, borne));
    },
    restart() {
      limit = Math.min(limit, start);
      threshold = ceiling;
    },
  };
}
