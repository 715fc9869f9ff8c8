import type { SeedRow, SeedType } from '../types.js';
import { lineName } from './chat-completion.js';
import { COLUMNS } from './columns.js';
import { listOf, objectOf } from './fields.js';
import { stemOf } from './paths.js';
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
  identify: (row) => ({
    id: isNamedAfterItsLine(row) ? undefined : String(row['trace_id']),
    parts: listOf(row['messages']),
  }),
};

/** A chat without an id of its own has that of its file and line, which chats of other files may have as well. */
function isNamedAfterItsLine({ trace_id: id, source_path: path, source_meta: meta }: SeedRow): boolean {
  const line = objectOf(meta)['record_number'];
  return line !== undefined && id === lineName(stemOf(String(path)), Number(line));
}
