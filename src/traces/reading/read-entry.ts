import type { SeedNote } from '../../core/events.js';
import type { SeedEntryRows } from '../../seeds/types.js';
import {
  recogniseFormat,
  type Finding,
  type ParsedTraces,
  type RolloutFormat,
  type SessionIndex,
  type TraceContent,
} from '../format.js';
import { rowOf } from '../row.js';
import { createContentReader, type ContentReader } from './read-content.js';

/** A file that may hold traces. Plain data, so that it can be sent to a worker thread. */
export interface TraceFileEntry {
  readonly path: string;
  /** The path as the user would name it. */
  readonly source: string;
  /** Base name without its extension. */
  readonly stem: string;
  /** The name of its format; `undefined` when it is to be recognised. */
  readonly format: string | undefined;
  /** The session indices of its folder, by the name of the format. */
  readonly indices: SessionIndices;
}

export type SessionIndices = ReadonlyMap<string, SessionIndex>;

/** The rows of a file. Never rejects. */
export type EntryReader = (entry: TraceFileEntry) => Promise<SeedEntryRows>;

export function createEntryReader(formats: readonly RolloutFormat[]): EntryReader {
  const readContent = createContentReader(formats);
  return async (entry) => {
    try {
      return await readTraces(formats, readContent, entry);
    } catch (error) {
      // A bug in a format must not cost the other files. The error's message is left out: it may quote the file.
      const kind = error instanceof Error ? error.name : 'error';
      return noRow(entry.source, `could not be understood (${kind})`, []);
    }
  };
}

async function readTraces(
  formats: readonly RolloutFormat[],
  readContent: ContentReader,
  { path, source, stem, format: name, indices }: TraceFileEntry,
): Promise<SeedEntryRows> {
  const known = formats.find((format) => format.name === name);
  const read = await readContent(path, known, ({ readRecords }) => readRecords?.());
  if (!read.content) return noRow(source, read.reason, read.skipped);

  const { content, reader } = read;
  const format = known ?? recogniseFormat(formats, content);
  if (!format) return noRow(source, 'not a trace of a known format', read.skipped);
  const file = { stem, index: indices.get(format.name) ?? new Map() };
  const parsed = reader ? reader.traces(file) : format.parse({ ...file, content });
  const traces = parsed.traces.filter(({ messages }) => messages.length > 0);
  const skipped = [...read.skipped, ...parsed.skipped];
  if (traces.length === 0) return noRow(source, whyEmpty(format, content, parsed), skipped);

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
