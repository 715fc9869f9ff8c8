import { basename, dirname } from 'node:path';
import type { SeedNote } from '../../core/events.js';
import type { SeedEntryRows } from '../../seeds/types.js';
import {
  recogniseFormat,
  type Finding,
  type ParsedTraces,
  type RolloutFormat,
  type SessionIndex,
  type Surroundings,
  type TraceContent,
} from '../format.js';
import { listFiles } from '../discovery/list-files.js';
import type { Message } from '../message.js';
import { rowOf } from '../row.js';
import { createContentReader, readBytes, type ContentReader } from './read-content.js';

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
  /** There is no other file: what it has is described when no format recognises it. */
  readonly isOnly?: boolean;
}

export type SessionIndices = ReadonlyMap<string, SessionIndex>;

/** The rows of a file. Never rejects. */
export type EntryReader = (entry: TraceFileEntry) => Promise<SeedEntryRows>;

export function createEntryReader(
  formats: readonly RolloutFormat[],
  readContent = createContentReader(formats),
): EntryReader {
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
  { path, source, stem, format: name, indices, isOnly = false }: TraceFileEntry,
): Promise<SeedEntryRows> {
  const known = formats.find((format) => format.name === name);
  const read = await readContent(path, known, ({ readRecords }) => readRecords?.());
  if (!read.content) return noRow(source, read.reason, read.skipped);

  const { reader } = read;
  const format = known ?? recogniseFormat(formats, read.content);
  if (!format) {
    read.close?.();
    const seen = isOnly
      ? `${glimpse(read.content)}; known are ${formats.map((one) => one.name).join(', ')}`
      : '';
    return noRow(source, `not a trace of a known format${seen}`, read.skipped);
  }
  const file = { stem, folder: basename(dirname(path)), index: indices.get(format.name) ?? new Map() };
  const content = (await format.complete?.(read.content, surroundings(path, readContent))) ?? read.content;
  const parsed = reader ? reader.traces(file) : format.parse({ ...file, content });
  read.close?.();
  const traces = parsed.traces.filter(({ messages }) => messages.some(saysSomething));
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

/** True for a message with a text, a thought, a call or another block. */
function saysSomething({ content, reasoning_content: reasoning, tool_calls: calls }: Message): boolean {
  return (
    calls !== undefined ||
    reasoning !== undefined ||
    content.some(({ type, text }) => type !== 'text' || (text !== undefined && text !== ''))
  );
}

/** What a file of unknown format has: keys of its first object, or its tables. */
function glimpse(content: TraceContent): string {
  const first =
    content.kind === 'lines' ? content.records[0] : content.kind === 'document' ? content.document : {};
  const names = content.kind === 'database' ? [...content.database.tables] : Object.keys(first ?? {});
  const what = content.kind === 'database' ? 'tables' : 'keys';
  return names.length === 0
    ? ''
    : ` (${what} ${names.slice(0, 6).map(shortName).join(', ')}${names.length > 6 ? ', …' : ''})`;
}

function shortName(name: string): string {
  return name.length > 24 ? `${name.slice(0, 24)}…` : name;
}

function surroundings(path: string, readContent: ContentReader): Surroundings {
  return {
    path: path.replaceAll('\\', '/'),
    async list(folder) {
      const { files } = await listFiles(folder, true, () => false);
      return files.map((file) => `${folder}/${file.path}`);
    },
    read: async (other) => (await readContent(other)).content,
    async text(other) {
      const bytes = await readBytes(other);
      return bytes.ok ? bytes.value.subarray(0, 4096).toString('utf8').toWellFormed() : undefined;
    },
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
