import type { Hook } from '@oclif/core';
import { EXIT } from '../run/status.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import { printRefusal } from './document.js';

/** oclif calls this hook for an unknown command. It suggests the most similar command. */
export const hook: Hook<'command_not_found'> = async ({ id, argv = [], config, context }) => {
  // oclif takes the arguments as names of sub-commands and joins them with colons.
  const [name = id, ...joined] = id.split(':');
  const hint = didYouMeanOneOf(name, config.commandIDs);
  const error = { message: `there is no command \`${name}\``, ...(hint !== undefined && { hint }) };
  printRefusal(error, EXIT.badInput, [...joined, ...argv].includes('--json'));
  context.exit(EXIT.badInput);
};
