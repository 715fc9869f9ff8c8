import { statSync } from 'node:fs';
import { err, ok, type Result } from '../core/result.js';
import type { Seed, SeedContext, SeedError, SeedRow, SeedType } from '../seeds/types.js';
import { COLUMNS } from './columns.js';
import { findEntries, patternOf } from './discovery/entries.js';
import { createReadAhead } from './reading/read-ahead.js';
import { readEntry, type TraceFileEntry } from './reading/read-entry.js';
import { readInThread } from './reading/worker.js';
import { attempt } from '../core/regular-file.js';
import { findRoots } from './discovery/roots.js';
import { patternError, type RolloutSource, SOURCE_SCHEMA } from './discovery/source.js';
import { lineName } from './formats/chat-completion.js';
import { listOf, objectOf } from './fields.js';
import { stemOf } from './paths.js';

/** Finds the trace files of a source; they are read one by one, when their rows are asked for. */
export async function openRollouts(
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<Seed, SeedError>> {
  const wrongPattern = patternError(source.file_pattern);
  if (wrongPattern) return err(wrongPattern);
  const roots = await findRoots(source, context);
  if (!roots.ok) return roots;
  const found = await Promise.all(roots.value.map((root) => findEntries(root, source)));
  const entries = found.flatMap((part) => part.entries);
  if (entries.length === 0) {
    const places = roots.value.map((root) => `${root.label} (${patternOf(root, source)})`).join(', ');
    const where = source.recursive === false ? 'directly in' : 'in';
    const reasons = [...new Set(found.flatMap(({ notes }) => notes.map(({ reason }) => reason)))];
    const why = reasons.length > 0 ? `; left out: ${reasons.slice(0, MOST_REASONS).join('; ')}` : '';
    return err({ key: 'path', message: `there are no trace files ${where} ${places}${why}` });
  }
  return ok({
    columns: COLUMNS,
    entryCount: entries.length,
    notes: found.flatMap((part) => part.notes),
    read: createReadAhead({ entries, sizeOf, read: readEntry, readElsewhere: readInThread }),
  });
}

/** Of why files were left out, where all were. */
const MOST_REASONS = 3;

/** In bytes. What cannot be looked at cannot be read either. */
function sizeOf({ path }: TraceFileEntry): number {
  const looked = attempt(() => statSync(path));
  return looked.ok ? looked.value.size : 0;
}

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
