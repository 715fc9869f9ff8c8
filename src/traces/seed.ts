import type { SeedRow, SeedType } from '../seeds/types.js';
import { COLUMNS } from './columns.js';
import { AUTO, type RolloutSource, sourceSchema } from './discovery/source.js';
import { listOf, objectOf } from './fields.js';
import type { FormatEntry } from './format.js';
import { lineName, stemOf } from './paths.js';

/**
 * The seed type `agent_rollout`: sessions of coding agents, one row per session or sub-agent, in any of these
 * formats. `auto` tries them in this order. Reading is loaded with the first seed that is opened.
 */
export function createAgentRollout(formats: readonly FormatEntry[]): SeedType<RolloutSource> {
  const names = formats.map(({ name }) => name);
  const twice = names.find((name, at) => name === AUTO || names.indexOf(name) < at);
  if (twice !== undefined) throw new TypeError(`the trace format name "${twice}" is already taken`);
  return {
    type: 'agent_rollout',
    summary: 'Sessions of coding agents; one conversation is one row.',
    schema: sourceSchema(names),
    columns: () => COLUMNS,
    open: async (source, context) =>
      (await import('./open-rollouts.js')).openRollouts(formats, source, context),
    list: async (source, context) =>
      (await import('./list-rollouts.js')).listRollouts(formats, source, context),
    redact: true,
    identify: (row) => ({
      id: isNamedAfterItsLine(row) ? undefined : String(row['trace_id']),
      isIdCommon: !UNIQUE.test(String(row['trace_id'])),
      parts: listOf(row['messages']),
    }),
  };
}

/**
 * What tools make ids of: eight letters and digits in a row, two of them digits (UUIDs, ULIDs, times). Numbers of rows,
 * names of tasks and names of files are those of other sessions too.
 */
const UNIQUE = /(?=[a-z]*\d[a-z]*\d)[a-z\d]{8}/i;

/** A chat without an id is named after its file and line, and chats of other files may have the same name. */
function isNamedAfterItsLine({ trace_id: id, source_path: path, source_meta: meta }: SeedRow): boolean {
  const line = objectOf(meta)['record_number'];
  return line !== undefined && id === lineName(stemOf(String(path)), Number(line));
}
