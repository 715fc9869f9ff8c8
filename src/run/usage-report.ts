import type { AliasUsage, CostReport, Spent, TokenSums, UsageCounts } from '../dataset/metadata.js';
import type { Plan } from '../engine/types.js';
import { addCosts, costOf, type Cost, PRICES_AS_OF, pricesFrom, rounded } from '../models/usage/cost.js';
import type { Model } from '../models/types.js';
import { addTokens, noTokens, sumTallies, type TokenTotals, type UsageEntry } from '../models/usage/usage.js';

/** The requests of a run as they are in `metadata.json`: by alias, by column within it, and in total. */
export function usageReport(
  plan: Plan,
  entries: readonly UsageEntry[],
): { readonly usage: readonly AliasUsage[]; readonly cost: CostReport } {
  return {
    usage: [...plan.models.values()].map((model) => aliasUsage(model, entries)),
    cost: {
      this_run: spent(entries.map((entry) => entry.tokens), costOfRun(plan, entries)),
      dataset: spent(
        entries.flatMap((entry) => [entry.tokens, entry.reusedTokens]),
        addCosts(entries.flatMap((entry) => [runCost(plan, entry), storedCost(plan, entry)])),
      ),
      prices_as_of: PRICES_AS_OF,
    },
  }; // prettier-ignore
}

/** The cost of the requests of this run. */
export function costOfRun(plan: Pick<Plan, 'models'>, entries: readonly UsageEntry[]): Cost {
  return addCosts(entries.map((entry) => runCost(plan, entry)));
}

const runCost = (
  { models }: Pick<Plan, 'models'>,
  { alias, calls, failedCalls, tokens, rebate }: UsageEntry,
): Cost => costOf(tokens, calls - failedCalls, models.get(alias)?.prices, rebate);

const storedCost = (
  { models }: Plan,
  { alias, reusedAnswers, reusedTokens, reusedRebate }: UsageEntry,
): Cost => costOf(reusedTokens, reusedAnswers, models.get(alias)?.prices, reusedRebate);

function aliasUsage(model: Model, entries: readonly UsageEntry[]): AliasUsage {
  const own = entries.filter(({ alias }) => alias === model.alias);
  const { prices } = model;
  const from = pricesFrom(model);
  return {
    alias: model.alias,
    provider: model.endpoint.provider,
    model: model.model,
    prices: prices && from ? { ...prices, from } : null,
    ...counts(own, model),
    columns: own.map((entry) => ({ column: entry.column, ...counts([entry], model) })),
  };
}

function counts(entries: readonly UsageEntry[], { prices }: Model): UsageCounts {
  const sum = (count: (entry: UsageEntry) => number): number =>
    entries.reduce((total, entry) => total + count(entry), 0);
  const tokens = entries.map((entry) => entry.tokens).reduce(addTokens, noTokens);
  const storedTokens = entries.map((entry) => entry.reusedTokens).reduce(addTokens, noTokens);
  const batch = sum((entry) => entry.batchAnswers ?? 0);
  const rebateOf = (part: (entry: UsageEntry) => TokenTotals | undefined): TokenTotals =>
    entries.map((entry) => part(entry) ?? noTokens).reduce(addTokens, noTokens);
  const [calls, failed, stored] = [
    sum((entry) => entry.calls),
    sum((entry) => entry.failedCalls),
    sum((entry) => entry.reusedAnswers),
  ];
  return {
    calls,
    failed_calls: failed,
    stored_answers: stored,
    cells: sum((entry) => entry.cells),
    ...(batch > 0 && { batch_answers: batch }),
    ...doubts(entries),
    ...toolCalls(entries),
    tokens: tokenSums(tokens),
    stored_tokens: tokenSums(storedTokens),
    cost_usd: dollars(
      costOf(
        tokens,
        calls - failed,
        prices,
        rebateOf(({ rebate }) => rebate),
      ),
    ),
    stored_cost_usd: dollars(
      costOf(
        storedTokens,
        stored,
        prices,
        rebateOf(({ reusedRebate }) => reusedRebate),
      ),
    ),
  };
}

/** Only where there are any. */
function toolCalls(entries: readonly UsageEntry[]): Pick<UsageCounts, 'tool_calls' | 'stored_tool_calls'> {
  const calls = sumTallies(entries.map((entry) => entry.toolCalls));
  const stored = sumTallies(entries.map((entry) => entry.reusedToolCalls));
  return { ...(calls && { tool_calls: calls }), ...(stored && { stored_tool_calls: stored }) };
}

/** Only where there are any. */
function doubts(entries: readonly UsageEntry[]): Pick<UsageCounts, 'repaired_answers' | 'notes'> {
  const repaired = entries.reduce((total, entry) => total + entry.repairedAnswers, 0);
  const notes: Record<string, number> = {};
  for (const [note, count] of entries.flatMap((entry) => Object.entries(entry.notes ?? {})))
    notes[note] = (notes[note] ?? 0) + count;
  return {
    ...(repaired > 0 && { repaired_answers: repaired }),
    ...(Object.keys(notes).length > 0 && { notes }),
  };
}

function spent(tokens: readonly TokenTotals[], cost: Cost): Spent {
  return {
    tokens: tokenSums(tokens.reduce(addTokens, noTokens)),
    usd: dollars(cost),
    usd_is_minimum: cost.atLeast,
  };
}

function tokenSums({ unknown, ...tokens }: TokenTotals): TokenSums {
  return { ...tokens, answers_uncounted: unknown };
}

/** Rounds away floating-point noise. */
const dollars = ({ usd }: Cost): number | null => (usd === undefined ? null : rounded(usd));
