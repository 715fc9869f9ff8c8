import type { Hook } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { didYouMeanOneOf } from '../suggest.js';
import { documentOf, renderRefusal } from './document.js';

/** Called by oclif for a command that does not exist: says which one was probably meant. */
export const hook: Hook<'command_not_found'> = async ({ id, argv = [], config, context }) => {
  // oclif takes the arguments for names of sub-commands, and joins them.
  const [name = id, ...joined] = id.split(':');
  const hint = didYouMeanOneOf(name, config.commandIDs);
  const error = { message: `there is no command \`${name}\``, ...(hint !== undefined && { hint }) };
  if ([...joined, ...argv].includes('--json'))
    process.stdout.write(`${JSON.stringify(documentOf(EXIT.badInput, [], { error }), undefined, 2)}\n`);
  else process.stderr.write(`${renderRefusal(error)}\n`);
  context.exit(EXIT.badInput);
};
