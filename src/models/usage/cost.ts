import type { Prices } from '../../recipe/types.js';
import type { TokenTotals } from './usage.js';

/**
 * Money, as far as it is known. `usd` is `undefined` when nothing of it is known; `atLeast` when some of it
 * is not, so that the true cost is this or more. Nothing unknown ever counts as 0.
 */
export interface Cost {
  readonly usd: number | undefined;
  readonly atLeast: boolean;
}

export const NO_COST: Cost = { usd: 0, atLeast: false };

/**
 * What tokens cost. `input` contains `cached` and `output` contains `reasoning`, as OpenAI-compatible servers
 * count them: https://platform.openai.com/docs/api-reference/chat/object
 *
 * @param answers how many answers the tokens are of, those without a count included
 */
export function costOf(tokens: TokenTotals, answers: number, prices: Prices | undefined): Cost {
  if (answers === 0) return NO_COST;
  if (!prices || tokens.unknown === answers) return { usd: undefined, atLeast: true };
  const cached = Math.min(tokens.cached, tokens.input);
  const millionths =
    (tokens.input - cached) * prices.input +
    cached * (prices.cached_input ?? prices.input) +
    tokens.output * prices.output;
  return { usd: millionths / 1_000_000, atLeast: tokens.unknown > 0 };
}

/** `$12.34`, `$0.0042`: cents, or two digits that say something. */
export function dollars(usd: number): string {
  if (usd === 0 || usd >= 0.1) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(Math.min(9, 1 - Math.floor(Math.log10(usd))))}`;
}

/** The sum of what is known. */
export function addCosts(costs: readonly Cost[]): Cost {
  const usd = costs.reduce((sum, cost) => sum + (cost.usd ?? 0), 0);
  const atLeast = costs.some((cost) => cost.atLeast);
  return { usd: atLeast && usd === 0 ? undefined : usd, atLeast };
}
