import { shownHost } from '../../run/allow-hosts.js';
import type { PlannedSending } from '../../run/sendings.js';
import { safe } from './text.js';

/** Values of the environment and the hosts that get them, one on a line: `MY_KEY -> llm.example.com`. */
export const renderSends = (sends: readonly PlannedSending[]): readonly string[] =>
  sends.map(
    ({ variable, host, needs_permission: isRefused }) =>
      `${safe(variable)} -> ${safe(shownHost(host))}${isRefused ? ', with --allow-hosts only: it is a key for other hosts' : ''}`,
  );
