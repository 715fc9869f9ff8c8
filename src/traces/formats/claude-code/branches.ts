import type { Step } from './steps.js';

/**
 * The steps of a conversation without abandoned branches. Records form a tree by `uuid` and `parentUuid`. It
 * branches where the user went back and asked something else, or had a response generated again: of several prompts
 * (or responses) with the same parent message, the one with the latest activity stays, and the others are removed
 * with everything below them.
 *
 * All other branches stay: parallel calls and their results, whose parents are different records of one response;
 * bookkeeping records; several roots, which compaction and resuming leave; and records whose parent's line could not
 * be read.
 */
export function activeSteps(steps: readonly Step[]): {
  readonly steps: readonly Step[];
  /** The number of removed messages. */
  readonly abandoned: number;
} {
  const losers = mayHaveAlternatives(steps) ? losingAlternatives(steps) : new Set<Step>();
  if (losers.size === 0) return { steps, abandoned: 0 };
  const gone = new Set<Step>();
  for (const step of steps) {
    if (losers.has(step) || (step.parent && gone.has(step.parent))) gone.add(step);
  }
  const kept = steps.filter((step) => !gone.has(step));
  const abandoned = [...gone].filter(({ role }) => role !== 'other').length;
  return { steps: kept, abandoned };
}

/**
 * True when some message may be the parent of two prompts or two responses. In most sessions every parent comes
 * later than the one before, which can be checked without building a map.
 */
function mayHaveAlternatives(steps: readonly Step[]): boolean {
  const behind = { prompt: 0, response: 0 };
  for (const { parent, role } of steps) {
    if (parent === undefined || (role !== 'prompt' && role !== 'response')) continue;
    const position = steps.indexOf(parent, behind[role]);
    if (position === -1) return true;
    behind[role] = position + 1;
  }
  return false;
}

/** First records of prompts and responses that a later sibling replaced. */
function losingAlternatives(steps: readonly Step[]): ReadonlySet<Step> {
  const latest = latestActivity(steps);
  const siblings = { prompt: new Map<Step, Step[]>(), response: new Map<Step, Step[]>() };
  for (const step of steps) {
    const { parent, role } = step;
    if (parent === undefined || (role !== 'prompt' && role !== 'response')) continue;
    if (isSameAnswer(step, parent)) continue;
    const group = siblings[role].get(parent);
    if (group) group.push(step);
    else siblings[role].set(parent, [step]);
  }
  const losers = new Set<Step>();
  for (const group of [...siblings.prompt.values(), ...siblings.response.values()]) {
    const activity = (step: Step): number => latest.get(step) ?? -1;
    const winner = group.reduce((best, step) => (activity(step) > activity(best) ? step : best));
    for (const step of group) if (!isSameAnswer(step, winner)) losers.add(step);
  }
  return losers;
}

/** The position of the last prompt or response below each record. Late tool results do not count. */
function latestActivity(steps: readonly Step[]): ReadonlyMap<Step, number> {
  const latest = new Map<Step, number>();
  for (const [position, step] of [...steps.entries()].toReversed()) {
    const own = step.role === 'prompt' || step.role === 'response' ? position : -1;
    const reached = Math.max(own, latest.get(step) ?? -1);
    latest.set(step, reached);
    if (step.parent) latest.set(step.parent, Math.max(reached, latest.get(step.parent) ?? -1));
  }
  return latest;
}

/** True for the same step, and for parts of one response. */
function isSameAnswer(a: Step, b: Step): boolean {
  return (a.response ?? a.uuid) === (b.response ?? b.uuid);
}
