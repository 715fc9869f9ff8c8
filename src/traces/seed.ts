import { statSync } from 'node:fs';
import { attempt } from '../core/regular-file.js';
import { err, ok, type Result } from '../core/result.js';
import type { Seed, SeedContext, SeedError, SeedRow, SeedType } from '../seeds/types.js';
import { COLUMNS } from './columns.js';
import { findEntries } from './discovery/entries.js';
import { findRoots } from './discovery/roots.js';
import { AUTO, patternError, type RolloutSource, sourceSchema } from './discovery/source.js';
import { listOf, objectOf } from './fields.js';
import type { RolloutFormat } from './format.js';
import { lineName } from './formats/chat-completion.js';
import { builtInFormats } from './formats/index.js';
import { stemOf } from './paths.js';
import { createReadAhead } from './reading/read-ahead.js';
import { createEntryReader, type TraceFileEntry } from './reading/read-entry.js';
import { createWorkerReader } from './reading/worker.js';

/**
 * The seed type `agent_rollout`: sessions of coding agents, one row per session or sub-agent, in any of these
 * formats. `auto` tries them in this order.
 */
export function createAgentRollout(formats: readonly RolloutFormat[]): SeedType<RolloutSource> {
  const names = formats.map(({ name }) => name);
  const twice = names.find((name, at) => name === AUTO || names.indexOf(name) < at);
  if (twice !== undefined) throw new TypeError(`the trace format name "${twice}" is already taken`);
  return {
    type: 'agent_rollout',
    summary: 'Sessions of coding agents; one conversation is one row.',
    schema: sourceSchema(formats),
    columns: () => COLUMNS,
    open: (source, context) => openRollouts(formats, source, context),
    redact: true,
    identify: (row) => ({
      id: isNamedAfterItsLine(row) ? undefined : String(row['trace_id']),
      parts: listOf(row['messages']),
    }),
  };
}

/** Finds the trace files of a source. Each is read when its rows are asked for. */
async function openRollouts(
  formats: readonly RolloutFormat[],
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<Seed, SeedError>> {
  const wrongPattern = patternError(source.file_pattern);
  if (wrongPattern) return err(wrongPattern);
  const roots = await findRoots(formats, source, context);
  if (!roots.ok) return roots;
  const found = await Promise.all(roots.value.map((root) => findEntries(formats, root)));
  const entries = found.flatMap((part) => part.entries);
  if (entries.length === 0) {
    const places = roots.value.map(({ label, filter }) => `${label} (${filter.pattern})`).join(', ');
    const where = source.recursive === false ? 'directly in' : 'in';
    const reasons = [...new Set(found.flatMap(({ notes }) => notes.map(({ reason }) => reason)))];
    const why = reasons.length > 0 ? `; left out: ${reasons.slice(0, MAX_REASONS).join('; ')}` : '';
    return err({ key: 'path', message: `there are no trace files ${where} ${places}${why}` });
  }
  return ok({
    columns: COLUMNS,
    entryCount: entries.length,
    notes: found.flatMap((part) => part.notes),
    read: createReadAhead({
      entries,
      sizeOf,
      read: createEntryReader(formats),
      ...(hasOnlyBuiltIns(formats) && { readElsewhere: createWorkerReader(formats.map(({ name }) => name)) }),
    }),
  });
}

/** How many different reasons for leaving files out a message lists. */
const MAX_REASONS = 3;

/** The worker thread has the formats that come with the program; functions of a plugin cannot be sent to it. */
function hasOnlyBuiltIns(formats: readonly RolloutFormat[]): boolean {
  return formats.every((format) => builtInFormats.includes(format));
}

/** In bytes. A file without a size cannot be read either. */
function sizeOf({ path }: TraceFileEntry): number {
  const stats = attempt(() => statSync(path));
  return stats.ok ? stats.value.size : 0;
}

/** A chat without an id is named after its file and line, and chats of other files may have the same name. */
function isNamedAfterItsLine({ trace_id: id, source_path: path, source_meta: meta }: SeedRow): boolean {
  const line = objectOf(meta)['record_number'];
  return line !== undefined && id === lineName(stemOf(String(path)), Number(line));
}
