/**
 * How many requests may be in flight at once. The limit works like TCP's congestion window (slow start and
 * congestion avoidance, RFC 5681): it doubles every round trip up to a threshold, then grows by one per round
 * trip. It shrinks by a fixed share when the server reports overload (503, 529), when it throttles (429), or
 * when the congestion detector finds that more requests in flight produce less throughput.
 *
 * The congestion detector does not look at latency alone: long answers are not a slow server, and a server that
 * batches answers each request more slowly while it gets more done in total. It estimates throughput by Little's
 * law (work in flight divided by the time a unit of work takes) and compares it with the best earlier round that
 * had fewer requests in flight.
 */
export interface AdaptiveConcurrency {
  /** Requests that may be in flight now: at least 1, at most the ceiling. */
  readonly limit: number;
  /** The server answered a request. */
  answered(sample: ResponseSample): void;
  /** The server is overloaded: 503, 529, or a request that timed out, perhaps in the server's queue. Called once for failures that belong together. */
  overloaded(): void;
  /**
   * The server throttles: 429. Called once for failures that belong together. The adaptive rate slows the
   * requests down, so this limit soon returns to its earlier value.
   *
   * @param sustained requests in flight that the server is known to sustain: the limit stays at least there
   */
  throttled(sustained: number): void;
  /** The server was down and is back: start again as with an unknown server. */
  restart(): void;
}

/** What the limit learns from one answer. */
export interface ResponseSample {
  /** Requests in flight when this one was sent, itself included. */
  readonly inFlight: number;
  readonly latencyMs: number;
  /** Tokens that the model wrote; `undefined` when the server did not say. */
  readonly outputTokens: number | undefined;
}

/** The limit is multiplied by this. Two steps still leave more than half; Data Designer also uses 3/4. */
const decrease = 0.75;

/** An unknown server first gets this share of the ceiling; two doublings reach all of it. */
const startShare = 1 / 4;
const minStart = 4;

/**
 * @param localTimeoutMs given for a server on this machine, where many answer one request at a time and let the others
 * wait in a queue of their own: the first goes alone, and another one beside it only if both would be answered in half
 * of this time
 */
export function createAdaptiveConcurrency(ceiling: number, localTimeoutMs?: number): AdaptiveConcurrency {
  const isLocal = localTimeoutMs !== undefined;
  const longestMs = isLocal ? localTimeoutMs / 2 : Infinity;
  const start = isLocal ? 1 : Math.min(ceiling, Math.max(minStart, Math.ceil(ceiling * startShare)));
  const detector = createCongestionDetector();
  let limit = start;
  let threshold = ceiling;

  const shrink = (): void => {
    limit = Math.max(1, limit * decrease);
    threshold = limit;
  };
  return {
    get limit() {
      return Math.floor(limit);
    },
    answered(sample) {
      if (detector.isCongested(sample)) return shrink();
      // With less than half of the limit in use, the answer says nothing about a higher limit.
      if (sample.inFlight * 2 < limit) return;
      // What one more takes on a server that answers one after the other.
      if ((sample.latencyMs / sample.inFlight) * (Math.floor(limit) + 1) > longestMs) return;
      limit = Math.min(ceiling, limit + (limit < threshold ? 1 : 1 / limit));
    },
    overloaded: shrink,
    throttled(sustained) {
      threshold = limit;
      limit = Math.max(1, limit * decrease, Math.min(limit, sustained));
    },
    restart() {
      limit = Math.min(limit, start);
      threshold = ceiling;
    },
  };
}

/** Notices when more requests in flight produce less throughput. */
interface CongestionDetector {
  /** True when this answer completes the evidence. The next detection needs new evidence. */
  isCongested(sample: ResponseSample): boolean;
}

/** The work of an answer besides writing it (reading the prompt, waiting), in output tokens. */
const fixedWork = 64;

/** A round of fewer answers than this is noise. */
const minRoundSize = 16;

/** Faster servers need no protection, and their latencies are mostly our own noise. */
const fastResponseMs = 1000;

/** Congestion: throughput below this share of the best, in this many rounds in a row. */
const congestedShare = 0.8;
const congestedRounds = 2;

/** The best throughput loses a little weight every round, since servers change. */
const decay = 0.99;

interface Round {
  readonly inFlight: number;
  /** Work per millisecond. */
  readonly throughput: number;
}

function createCongestionDetector(): CongestionDetector {
  let answers = 0;
  let latencyMs = 0;
  let work = 0;
  let inFlight = 0;
  let best: Round | undefined;
  let badRounds = 0;

  const endRound = (): boolean => {
    const round: Round = {
      inFlight: inFlight / answers,
      throughput: ((inFlight / answers) * work) / latencyMs,
    };
    const isFast = latencyMs / answers < fastResponseMs;
    answers = latencyMs = work = inFlight = 0;
    if (best) best = { ...best, throughput: best.throughput * decay };
    if (isFast || !best || round.throughput >= best.throughput) {
      best = round;
      badRounds = 0;
      return false;
    }
    const isWorse = round.inFlight > best.inFlight && round.throughput < best.throughput * congestedShare;
    badRounds = isWorse ? badRounds + 1 : 0;
    if (badRounds < congestedRounds) return false;
    badRounds = 0;
    return true;
  };
  return {
    isCongested(sample) {
      answers += 1;
      latencyMs += sample.latencyMs;
      work += fixedWork + (sample.outputTokens ?? 0);
      inFlight += sample.inFlight;
      return answers >= Math.max(minRoundSize, sample.inFlight) && endRound();
    },
  };
}
