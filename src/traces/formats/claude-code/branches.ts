import type { Step } from './steps.js';

/**
 * The steps of a conversation without the branches that were given up. Records form a tree by
 * `uuid` and `parentUuid`. It branches where the user went back and asked differently, or a response
 * was asked for again: of the prompts (or the responses) that hang on the same message, the one with
 * the latest activity stays and the others go, with all that follows them.
 *
 * Everything else that branches stays: parallel calls and their results, which hang on different
 * records of one response; bookkeeping records; several roots, as left behind by compaction and by
 * resuming; and records whose parent is missing because its line could not be read.
 */
export function activeSteps(steps: readonly Step[]): {
  readonly steps: readonly Step[];
  /** How many message records were given up. */
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
 * Whether any message may have two prompts or two responses behind it. In most sessions each hangs on a
 * later message than the one before; to see that, nothing has to be remembered.
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

/** First records of the prompts and responses that were replaced by a later sibling. */
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

/** The position of the last prompt or response in each record's subtree. Late tool results do not count. */
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

/** Whether steps are the same or parts of one response. */
function isSameAnswer(a: Step, b: Step): boolean {
  return (a.response ?? a.uuid) === (b.response ?? b.uuid);
}
