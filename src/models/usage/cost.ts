import type { TokenTotals } from './usage.js';
import type { Answer, Endpoint, Model } from '../types.js';
import type { Prices } from '../../core/config.js';

/**
 * A cost. `usd` is `undefined` when nothing is known; `atLeast` is true when some of it is unknown, so the real
 * cost is this or more. Unknown costs never count as 0.
 */
export interface Cost {
  readonly usd: number | undefined;
  readonly atLeast: boolean;
}

export const NO_COST: Cost = { usd: 0, atLeast: false };

/**
 * The cost of tokens. `input` contains `cached` and `output` contains `reasoning`, as OpenAI-compatible servers
 * count them: https://platform.openai.com/docs/api-reference/chat/object
 *
 * @param answers the number of answers, those without a count included
 * @param rebate tokens among them that are not paid for
 */
export function costOf(
  tokens: TokenTotals,
  answers: number,
  prices: Prices | undefined,
  rebate?: TokenTotals,
): Cost {
  if (answers === 0) return NO_COST;
  if (!prices || tokens.unknown === answers) return { usd: undefined, atLeast: true };
  const saved = rebate === undefined ? 0 : (costOf(rebate, 1, prices).usd ?? 0);
  const cached = Math.min(tokens.cached, tokens.input);
  const millionths =
    (tokens.input - cached) * prices.input +
    cached * (prices.cached_input ?? prices.input) +
    tokens.output * prices.output;
  return { usd: millionths / 1_000_000 - saved, atLeast: tokens.unknown > 0 };
}

/** What one answer costs in US dollars; `undefined` if its tokens or the prices are not known. */
export function costOfAnswer(
  { usage, priceShare = 1 }: Answer,
  prices: Prices | undefined,
): number | undefined {
  const { input, output, cached = 0, reasoning = 0 } = usage;
  if (input === undefined || output === undefined) return undefined;
  const { usd } = costOf({ input, output, cached, reasoning, unknown: 0 }, 1, prices);
  return usd === undefined ? undefined : usd * priceShare;
}

/** `$12.34`, `$0.0042`: cents, or two significant digits. */
export function dollars(usd: number): string {
  if (usd === 0 || usd >= 0.1) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(Math.min(9, 1 - Math.floor(Math.log10(usd))))}`;
}

/** The sum of all known costs. */
export function addCosts(costs: readonly Cost[]): Cost {
  const usd = costs.reduce((sum, cost) => sum + (cost.usd ?? 0), 0);
  const atLeast = costs.some((cost) => cost.atLeast);
  return { usd: atLeast && usd === 0 ? undefined : usd, atLeast };
}

/** The date of the price table. Prices change: the vendors' pages, linked below, are authoritative. */
export const PRICES_AS_OF = '2026-11-22';

/**
 * Vendors' prices for their own models at their own address, in US dollars per million tokens (standard tier,
 * prompts of usual length). Short on purpose: a model that is not listed has no known price, and a recipe's
 * `prices:` override this table.
 */
const PRICES: Readonly<Record<string, { readonly source: string; readonly models: Models }>> = {
  'api.openai.com': {
    source: 'https://developers.openai.com/api/docs/pricing',
    models: {
      'gpt-5': { input: 1.25, cached_input: 0.125, output: 10 },
      'gpt-5-mini': { input: 0.25, cached_input: 0.025, output: 2 },
      'gpt-5-nano': { input: 0.05, cached_input: 0.005, output: 0.4 },
      'gpt-4.1': { input: 2, cached_input: 0.5, output: 8 },
      'gpt-4.1-mini': { input: 0.4, cached_input: 0.1, output: 1.6 },
      'gpt-4.1-nano': { input: 0.1, cached_input: 0.025, output: 0.4 },
      'gpt-4o': { input: 2.5, cached_input: 1.25, output: 10 },
      'gpt-4o-mini': { input: 0.15, cached_input: 0.075, output: 0.6 },
    },
  },
  'api.anthropic.com': {
    source: 'https://platform.claude.com/docs/en/about-claude/pricing',
    models: {
      'claude-opus-4-6': { input: 5, cached_input: 0.5, output: 25 },
      'claude-opus-4-5': { input: 5, cached_input: 0.5, output: 25 },
      'claude-opus-4-5-20251101': { input: 5, cached_input: 0.5, output: 25 },
      'claude-sonnet-4-6': { input: 3, cached_input: 0.3, output: 15 },
      'claude-sonnet-4-5': { input: 3, cached_input: 0.3, output: 15 },
      'claude-sonnet-4-5-20250929': { input: 3, cached_input: 0.3, output: 15 },
      'claude-haiku-4-5': { input: 1, cached_input: 0.1, output: 5 },
      'claude-haiku-4-5-20251001': { input: 1, cached_input: 0.1, output: 5 },
    },
  },
};

type Models = Readonly<Record<string, Prices>>;

/**
 * The known prices of a model; `undefined` when there are none. Looked up by address, not by the provider's name:
 * the same name at another address may have other prices.
 */
export function knownPrices({ url }: Endpoint, model: string): Prices | undefined {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const vendor = Object.hasOwn(PRICES, host) ? PRICES[host] : undefined;
  return vendor && Object.hasOwn(vendor.models, model) ? vendor.models[model] : undefined;
}

/** The source of a model's prices; `undefined` when they are unknown. */
export function pricesFrom({ endpoint, model, prices }: Model): 'recipe' | 'table' | undefined {
  if (!prices) return undefined;
  return prices === knownPrices(endpoint, model) ? 'table' : 'recipe';
}

/** Dollars as they are written to files: to a billionth. */
export const rounded = (usd: number): number => Number(usd.toFixed(9));
