import { statSync } from 'node:fs';
import { attempt } from '../core/regular-file.js';
import { err, ok, type Result } from '../core/result.js';
import type { Seed, SeedContext, SeedError } from '../seeds/types.js';
import { COLUMNS } from './columns.js';
import { findEntries } from './discovery/entries.js';
import { findRoots } from './discovery/roots.js';
import { patternError } from '../seeds/list-files.js';
import type { RolloutSource } from './discovery/source.js';
import { withoutStored } from './discovery/stored-sessions.js';
import { loadFormats, type FormatEntry } from './format.js';
import { builtInFormats } from './formats/index.js';
import { createReadAhead } from './reading/read-ahead.js';
import { createEntryReader, type TraceFileEntry } from './reading/read-entry.js';
import { createWorkerReader } from './reading/worker.js';

/** Finds the trace files of a source. Each is read when its rows are asked for. */
export async function openRollouts(
  formatEntries: readonly FormatEntry[],
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<Seed, SeedError>> {
  const formats = await loadFormats(formatEntries);
  const wrongPattern = patternError(source.file_pattern);
  if (wrongPattern) return err(wrongPattern);
  const roots = await findRoots(formats, source, context);
  if (!roots.ok) return roots;
  const listed = await Promise.all(roots.value.map((root) => findEntries(formats, root)));
  const found = await withoutStored(formats, listed);
  const entries = found.flatMap((part) => part.entries);
  if (entries.length === 0) {
    const places = roots.value.map(({ label, filter }) => `${label} (${filter.pattern})`).join(', ');
    const where = source.recursive === false ? 'directly in' : 'in';
    const reasons = found.flatMap(({ notes }) =>
      notes.map(({ kind, reason }) => (kind === 'note' ? reason : `left out: ${reason}`)),
    );
    const why = [...new Set(reasons)].slice(0, MAX_REASONS).map((reason) => `; ${reason}`);
    return err({ key: 'path', message: `there are no trace files ${where} ${places}${why.join('')}` });
  }
  return ok({
    columns: COLUMNS,
    entryCount: entries.length,
    notes: found.flatMap((part) => part.notes),
    read: createReadAhead({
      entries,
      sizeOf,
      read: createEntryReader(formats),
      ...(hasOnlyBuiltIns(formatEntries) && {
        readElsewhere: createWorkerReader(formats.map(({ name }) => name)),
      }),
    }),
  });
}

/** How many different reasons for leaving files out a message lists. */
const MAX_REASONS = 3;

/** The worker thread has the formats that come with the program; functions of a plugin cannot be sent to it. */
function hasOnlyBuiltIns(formats: readonly FormatEntry[]): boolean {
  return formats.every((format) => builtInFormats.some((builtIn) => builtIn === format));
}

/** In bytes. A file without a size cannot be read either. */
function sizeOf({ path, others = [] }: TraceFileEntry): number {
  return [path, ...others].reduce((sum, file) => {
    const stats = attempt(() => statSync(file));
    return sum + (stats.ok ? stats.value.size : 0);
  }, 0);
}
