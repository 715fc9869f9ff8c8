import type { SeedEntryRows } from '../../seeds/types.js';
import type { Finding, ParsedTraces, RolloutFormat, SessionIndex, TraceContent } from '../format.js';
import { formats, recogniseFormat } from '../formats/index.js';
import { readContent } from './read-content.js';
import { rowOf } from '../row.js';
import type { SeedNote } from '../../core/events.js';

/** A file that may hold traces, with all that is known of it. Plain data: a thread can give it to another. */
export interface TraceFileEntry {
  readonly path: string;
  /** The path as the user would name it. */
  readonly source: string;
  /** Base name without its extension. */
  readonly stem: string;
  /** The name of its format, if that is known. */
  readonly format: string | undefined;
  /** What the indices of its folder say, by the name of the format. */
  readonly indices: SessionIndices;
}

export type SessionIndices = ReadonlyMap<string, SessionIndex>;

/** The rows of a file. Never rejects. */
export async function readEntry(entry: TraceFileEntry): Promise<SeedEntryRows> {
  try {
    return await readTraces(entry);
  } catch (error) {
    // A mistake in a reader must not cost the other files. Its message may quote the file.
    const kind = error instanceof Error ? error.name : 'error';
    return noRow(entry.source, `could not be understood (${kind})`, []);
  }
}

async function readTraces(entry: TraceFileEntry): Promise<SeedEntryRows> {
  const { path, source, stem, format: name, indices } = entry;
  const known = name === undefined ? undefined : formats.get(name);
  const read = await readContent(path, known, ({ readRecords }) => readRecords?.());
  if (!read.content) return noRow(source, read.reason, read.skipped);

  const format = known ?? recogniseFormat(read.content);
  if (!format) return noRow(source, 'not a trace of a known format', read.skipped);
  const { content, reader } = read;
  const file = { stem, index: indices.get(format.name) ?? new Map() };
  const parsed = reader ? reader.traces(file) : format.parse({ ...file, content });
  const traces = parsed.traces.filter(({ messages }) => messages.length > 0);
  const skipped = [...read.skipped, ...parsed.skipped];
  if (traces.length === 0) return noRow(source, whyEmpty(format, read.content, parsed), skipped);

  const origin = {
    sourceKind: format.name,
    sourcePath: path,
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
