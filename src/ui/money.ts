import { dollars } from '../models/usage/cost.js';

/** A cost as far as it is known; what is not known is never shown as 0. */
export function money(usd: number | null, isMinimum = false): string {
  if (usd === null) return 'unknown';
  return isMinimum ? `${dollars(usd)} or more` : dollars(usd);
}
