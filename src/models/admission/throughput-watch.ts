import type { Sample } from './adaptive-limit.js';

/** Notices when more requests in flight get less done: then the server is overcrowded, not only busy. */
export interface ThroughputWatch {
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
export function createThroughputWatch(): ThroughputWatch {
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
