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

/** Notices when more requests in flight get less done: then the server is overcrowded, not only busy. */
interface ThroughputWatch {
  /** True when this answer completes the proof; it takes new proof after that. */
  isOvercrowded(sample: Sample): boolean;
}

/** What is done for each answer besides writing it (reading the prompt, waiting), in tokens written. */
const fixedWork = 64;

/** Fewer answers than this say nothing. */
const smallestRound = 16;

/** Servers that are this quick need no protection, and their latencies are noise of ours. */
const quickMs = 1000;

/** So much less must get done than with fewer in flight, in so many rounds one after the other. */
const lessDone = 0.8;
const badRounds = 2;

/** What was best is believed a little less with each round: servers change. */
const fading = 0.99;

interface Round {
  readonly parallel: number;
  /** Work a millisecond: by Little's law what is in flight, divided by how long a unit of it takes. */
  readonly throughput: number;
}

/**
 * A latency that climbs is not enough to go by. Long answers are not slow servers, so time is taken by the
 * token; and a server that batches answers each request more slowly the more it has, and gets more done.
 * So throughput is what counts: that of a round of answers against the best of any round with fewer in flight.
 */
function createThroughputWatch(): ThroughputWatch {
  let answers = 0;
  let ms = 0;
  let work = 0;
  let parallel = 0;
  let best: Round | undefined;
  let bad = 0;

  const endRound = (): boolean => {
    const round: Round = { parallel: parallel / answers, throughput: ((parallel / answers) * work) / ms };
    const isQuick = ms / answers < quickMs;
    answers = ms = work = parallel = 0;
    if (best) best = { ...best, throughput: best.throughput * fading };
    if (isQuick || !best || round.throughput >= best.throughput) {
      best = round;
      bad = 0;
      return false;
    }
    const isWorse = round.parallel > best.parallel && round.throughput < best.throughput * lessDone;
    bad = isWorse ? bad + 1 : 0;
    if (bad < badRounds) return false;
    bad = 0;
    return true;
  };
  return {
    isOvercrowded(sample) {
      answers += 1;
      ms += sample.ms;
      work += fixedWork + (sample.output ?? 0);
      parallel += sample.parallel;
      return answers >= Math.max(smallestRound, sample.parallel) && endRound();
    },
  };
}
