import type { SeedType } from '../types.js';
import { COLUMNS } from './columns.js';
import { openRollouts } from './seed.js';
import { SOURCE_SCHEMA, type RolloutSource } from './source.js';

/** Sessions of coding agents, one row a session or sub-agent, whichever tool wrote them. */
export const agentRollout: SeedType<RolloutSource> = {
  type: 'agent_rollout',
  summary: 'Sessions of coding agents; one conversation is one row.',
  schema: SOURCE_SCHEMA,
  columns: () => COLUMNS,
  open: openRollouts,
  redact: true,
  identify: ({ trace_id, messages }) => ({
    id: String(trace_id),
    parts: Array.isArray(messages) ? messages : [],
  }),
};
