import type { Hook } from '@oclif/core';
import { EXIT } from '../app/run-status.js';
import { didYouMeanOneOf } from '../suggest.js';
import { safe } from '../ui/text.js';

/** Called by oclif for a command that does not exist: says which one was probably meant. */
export const hook: Hook<'command_not_found'> = async ({ id, config, context }) => {
  // oclif takes the arguments for names of sub-commands, and joins them.
  const [name = id] = id.split(':');
  const hint = didYouMeanOneOf(name, config.commandIDs);
  process.stderr.write(
    `error: there is no command \`${safe(name)}\`${hint === undefined ? '' : `; ${hint}`}\n`,
  );
  context.exit(EXIT.badInput);
};
