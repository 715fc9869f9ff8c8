import { Errors, Flags } from '@oclif/core';
import type { SpendingLimits } from '../run/spending-limits.js';

/** The flags that limit the cost of a run. */
export const limitFlags = {
  'max-cost': Flags.custom<number>({
    helpValue: 'USD',
    description: 'Stop when this run has cost this many US dollars. Exit code 4.',
    parse: async (text) => positive(text, '--max-cost', 'an amount of US dollars such as 2.50'),
  })(),
  'max-tokens': Flags.integer({
    min: 1,
    helpValue: 'N',
    description: 'Stop when this run has used this many tokens, input plus output. Exit code 4.',
  }),
};

export function limitsOf(flags: {
  readonly 'max-cost'?: number | undefined;
  readonly 'max-tokens'?: number | undefined;
}): SpendingLimits {
  const { 'max-cost': maxCost, 'max-tokens': maxTokens } = flags;
  return {
    ...(maxCost !== undefined && { maxCost }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

function positive(text: string, flag: string, expected: string): number {
  const number = Number(text.trim().replace(/^\$/, '') || Number.NaN);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new Errors.CLIError(`${flag} must be ${expected}, not ${text}`, { exit: 2 });
}
