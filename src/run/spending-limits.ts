import type { Plan } from '../engine/types.js';
import { dollars } from '../models/usage/cost.js';
import { addTokens, noTokens, type UsageEntry } from '../models/usage/usage.js';
import type { RunProblem } from './problem.js';
import type { RunStopper } from './stop.js';
import { costOfRun } from './usage-report.js';
import type { EventSink, StopReason } from '../core/events.js';

/** How much a run may spend. Its own requests count, stored answers do not. */
export interface SpendingLimits {
  /** US dollars. */
  readonly maxCost?: number;
  /** Tokens of input and output together. */
  readonly maxTokens?: number;
  /** Requests of earlier runs that count as well. */
  readonly spent?: readonly UsageEntry[];
  /** The models of those runs, by alias. Default: those of the plan. */
  readonly models?: Plan['models'];
}

/** Why `--max-cost` cannot be kept: a model without prices. Known before the first request. */
export function findUnpriced(plan: Plan, { maxCost }: SpendingLimits): RunProblem | undefined {
  const unpriced = [...plan.models.values()].find(({ prices }) => prices === undefined);
  if (maxCost === undefined || !unpriced) return undefined;
  const { alias, model, endpoint } = unpriced;
  const index = (plan.recipe.model_configs ?? []).findIndex((config) => config.alias === alias);
  return {
    message: `--max-cost needs the prices of \`${alias}\`: those of ${model} at ${endpoint.provider} are not known`,
    hint: 'write `prices: { input: …, output: … }` under it, in US dollars for a million tokens; or limit with --max-tokens',
    at: ['model_configs', index, 'alias'],
  };
}

/** Stops the run after the request that reached a limit; those in flight finish. */
export function stopAtLimit(
  emit: EventSink,
  stopper: RunStopper,
  limits: SpendingLimits,
  plan: Plan,
  usage: () => readonly UsageEntry[],
): EventSink {
  if (limits.maxCost === undefined && limits.maxTokens === undefined) return emit;
  return (event) => {
    emit(event);
    const reason =
      event.kind === 'call-end'
        ? limitReached(limits, plan, [...(limits.spent ?? []), ...usage()])
        : undefined;
    if (reason) stopper.stop(reason);
  };
}

/** Why a run ends after these requests; `undefined` while it may go on. */
export function limitReached(
  { maxCost, maxTokens, models = new Map() }: SpendingLimits,
  plan: Plan,
  entries: readonly UsageEntry[],
): StopReason | undefined {
  if (maxCost === undefined && maxTokens === undefined) return undefined;
  const tokens = entries.map((entry) => entry.tokens).reduce(addTokens, noTokens);
  const flag = maxCost === undefined ? '--max-tokens' : '--max-cost';
  if (tokens.unknown > 0) {
    return {
      kind: 'limit',
      limit: maxCost === undefined ? 'tokens' : 'cost',
      message: `${flag} cannot be kept: a server does not report the tokens of its answers`,
      hint: `run the same command without ${flag} to continue`,
    };
  }
  const usd = costOfRun({ models: new Map([...models, ...plan.models]) }, entries).usd ?? 0;
  if (maxCost !== undefined && usd >= maxCost) {
    return {
      kind: 'limit',
      limit: 'cost',
      message: `this run has spent ${dollars(usd)}, and its limit is ${dollars(maxCost)}`,
      hint: howToContinue('--max-cost', dollars(maxCost)),
    };
  }
  const sum = tokens.input + tokens.output;
  if (maxTokens !== undefined && sum >= maxTokens) {
    return {
      kind: 'limit',
      limit: 'tokens',
      message: `this run has used ${sum.toLocaleString('en-US')} tokens, and its limit is ${maxTokens.toLocaleString('en-US')}`,
      hint: howToContinue('--max-tokens', maxTokens.toLocaleString('en-US')),
    };
  }
  return undefined;
}

const howToContinue = (flag: string, limit: string): string =>
  `run the same command again to spend up to ${limit} more, or raise ${flag}`;
