import type { Hook } from '@oclif/core';
import { EXIT } from '../run/status.js';
import { didYouMeanOneOf } from '../core/suggest.js';
import { sayRefusal } from './document.js';

/** Called by oclif for a command that does not exist: says which one was probably meant. */
export const hook: Hook<'command_not_found'> = async ({ id, argv = [], config, context }) => {
  // oclif takes the arguments for names of sub-commands, and joins them.
  const [name = id, ...joined] = id.split(':');
  const hint = didYouMeanOneOf(name, config.commandIDs);
  const error = { message: `there is no command \`${name}\``, ...(hint !== undefined && { hint }) };
  sayRefusal(error, EXIT.badInput, [...joined, ...argv].includes('--json'));
  context.exit(EXIT.badInput);
};
