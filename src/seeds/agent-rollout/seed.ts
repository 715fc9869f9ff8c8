import { join } from 'node:path';
import { err, ok, type Result } from '../../result.js';
import type { Seed, SeedContext, SeedEntryRows, SeedError, SeedNote } from '../types.js';
import { COLUMNS } from './columns.js';
import { findEntries, patternOf, type Entry } from './entries.js';
import type { Finding, ParsedTraces, RolloutFormat, TraceContent } from './format.js';
import { recogniseFormat } from './formats.js';
import { stemOf } from './paths.js';
import { readContent } from './read-content.js';
import { findRoots } from './roots.js';
import { rowOf } from './row.js';
import { patternError, type RolloutSource } from './source.js';

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
    return err({ key: 'path', message: `there are no trace files ${where} ${places}` });
  }
  return ok({
    columns: COLUMNS,
    entryCount: entries.length,
    notes: found.flatMap((part) => part.notes),
    async read(position) {
      const entry = entries[position];
      if (!entry) throw new RangeError(`there is no entry ${position}; there are ${entries.length}`);
      try {
        return await readEntry(entry);
      } catch (error) {
        // A mistake in a reader must not cost the other files. Its message may quote the file.
        const kind = error instanceof Error ? error.name : 'error';
        return noRow(join(entry.root.label, entry.path), `could not be understood (${kind})`, []);
      }
    },
  });
}

async function readEntry(entry: Entry): Promise<SeedEntryRows> {
  const { root, path } = entry;
  const source = join(root.label, path);
  const sourcePath = join(root.folder, path);
  const read = await readContent(sourcePath, root.format, ({ readRecords }) => readRecords?.());
  if (!read.content) return noRow(source, read.reason, read.skipped);

  const format = root.format ?? recogniseFormat(read.content);
  if (!format) return noRow(source, 'not a trace of a known format', read.skipped);
  const { content, reader } = read;
  const known = { stem: stemOf(path), index: entry.indexOf(format) };
  const parsed = reader ? reader.traces(known) : format.parse({ ...known, content });
  const traces = parsed.traces.filter(({ messages }) => messages.length > 0);
  const skipped = [...read.skipped, ...parsed.skipped];
  if (traces.length === 0) return noRow(source, whyEmpty(format, read.content, parsed), skipped);

  const origin = {
    sourceKind: format.name,
    sourcePath,
    skippedLines: total(read.skipped),
    skippedRecords: total(parsed.skipped),
  };
  return {
    rows: traces.map((trace) => rowOf(trace, origin)),
    notes: skipped.map((finding) => ({ ...finding, source })),
  };
}

function whyEmpty(format: RolloutFormat, content: TraceContent, { traces }: ParsedTraces): string {
  return traces.length === 0 || !format.recognises(content)
    ? `not a trace of the format ${format.name}`
    : 'no messages';
}

function noRow(source: string, reason: string, skipped: readonly Finding[]): SeedEntryRows {
  const why = [reason, ...skipped.map((finding) => finding.reason)].join('; ');
  const note: SeedNote = { kind: 'filtered', source, reason: why, count: 1 };
  return { rows: [], notes: [note] };
}

function total(findings: readonly Finding[]): number {
  return findings.reduce((sum, { count }) => sum + count, 0);
}
