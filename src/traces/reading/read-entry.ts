import { basename, dirname } from 'node:path';
import { memoize } from '../../core/memoize.js';
import type { SeedNote } from '../../core/events.js';
import type { JsonObject } from '../../core/json.js';
import type { SeedEntryRows } from '../../seeds/types.js';
import {
  claimants,
  recogniseFormat,
  UNKNOWN_FORMAT,
  type Finding,
  type ParsedTraces,
  type RolloutFormat,
  type SessionIndex,
  type Surroundings,
  type TraceContent,
} from '../format.js';
import { listFiles } from '../../seeds/list-files.js';
import type { Message } from '../message.js';
import { rowOf } from '../row.js';
import { glimpse } from './glimpse.js';
import {
  createContentReader,
  readBytes,
  type ContentReader,
  type FoundContent,
  type ReadContent,
} from './read-content.js';
import type { RowGroup } from '../../seeds/parquet/file.js';

/** A file that may hold traces. Plain data, so that it can be sent to a worker thread. */
export interface TraceFileEntry {
  readonly path: string;
  /** Where each record of the session has a file of its own: the files of the other records. */
  readonly others?: readonly string[];
  /** The path as the user would name it. */
  readonly source: string;
  /** Base name without its extension. */
  readonly stem: string;
  /** The name of its format; `undefined` when it is to be recognised. */
  readonly format: string | undefined;
  /** The session indices of its folder, by the name of the format. */
  readonly indices: SessionIndices;
  /** The rows to read of a Parquet file. */
  readonly group?: RowGroup;
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
  const reading = { readContent, list: memoize(listPaths, (folder: string) => folder) };
  return async (entry) => {
    try {
      return await readTraces(formats, reading, entry);
    } catch (error) {
      // A bug in a format must not cost the other files. The error's message is left out: it may quote the file.
      const kind = error instanceof Error ? error.name : 'error';
      return noRow(entry.source, `could not be understood (${kind})`, []);
    }
  };
}

interface Reading {
  readonly readContent: ContentReader;
  /** Remembers what it has listed: every fork of a tool asks for the same folders. */
  readonly list: Surroundings['list'];
}

async function readTraces(
  formats: readonly RolloutFormat[],
  reading: Reading,
  entry: TraceFileEntry,
): Promise<SeedEntryRows> {
  const { readContent } = reading;
  const { path, others: files, source, format: name, group } = entry;
  const given = formats.find((format) => format.name === name);
  const read = files
    ? await readSplit([path, ...files], readContent)
    : await readContent(path, given, ({ readRecords }) => readRecords?.(), group);
  if (!read.content) return noRow(source, read.reason, read.skipped);
  try {
    if (given) {
      const found = await rowsAs(given, read, reading, entry);
      const isIts = given.recognises(read.content);
      return isIts ? found : withLikeness(found, given, claimants(formats, read.content), source);
    }
    const first = recogniseFormat(formats, read.content);
    // Of a file with many row groups it is said once.
    if (!first && group && group.start > 0) return { rows: [], notes: [] };
    if (!first) return noRow(source, unknownFormat(formats, entry, read.content), read.skipped);
    const found = await rowsAs(first, read, reading, entry);
    const isUsed = found.rows.length > 0;
    const claiming = claimants(formats, isUsed ? openingOf(read.content) : read.content);
    const others = claiming.filter((format) => format !== first);
    if (isUsed) return withLikeness(found, first, others, source);
    for (const other of others) {
      const attempted = await readTraces(formats, reading, { ...entry, format: other.name });
      if (attempted.rows.length > 0) return attempted;
    }
    return found;
  } finally {
    read.close?.();
  }
}

/** The first records are enough for a doubt, and asking every format about more would slow down reading. */
function openingOf(content: TraceContent): TraceContent {
  return content.kind === 'lines' ? { ...content, records: content.records.slice(0, 3) } : content;
}

function unknownFormat(
  formats: readonly RolloutFormat[],
  { path, isOnly = false }: TraceFileEntry,
  content: TraceContent,
): string {
  const reason = `${UNKNOWN_FORMAT} (${glimpse(path, content, { withSize: isOnly })})`;
  return isOnly ? `${reason}; known are ${formats.map(({ name }) => name).join(', ')}` : reason;
}

/** Says which other formats a file looks like: a format may be wrong, or two formats may be hard to tell apart. */
function withLikeness(
  { rows, notes }: SeedEntryRows,
  format: RolloutFormat,
  others: readonly RolloutFormat[],
  source: string,
): SeedEntryRows {
  if (others.length === 0) return { rows, notes };
  const like = `it looks like ${others.map(({ name }) => name).join(' or ')}`;
  if (rows.length === 0)
    return { rows, notes: notes.map((note) => ({ ...note, reason: `${note.reason}; ${like}` })) };
  const reason = `read as ${format.name}; ${like} too`;
  return { rows, notes: [...notes, { kind: 'note', source, reason, count: 1 }] };
}

async function rowsAs(
  format: RolloutFormat,
  { content: own, reader, skipped: lines }: FoundContent,
  reading: Reading,
  { path, source, stem, indices }: TraceFileEntry,
): Promise<SeedEntryRows> {
  const file = { stem, folder: basename(dirname(path)), index: indices.get(format.name) ?? new Map() };
  const content = (await format.complete?.(own, surroundings(path, reading))) ?? own;
  const parsed = reader ? reader.traces(file) : format.parse({ ...file, content });
  const traces = parsed.traces.filter(({ messages }) => messages.some(saysSomething));
  const skipped = [...lines, ...parsed.skipped];
  if (traces.length === 0) return noRow(source, whyEmpty(format, content, parsed), skipped);

  const origin = {
    sourceKind: format.name,
    sourcePath: path,
    skippedLines: total(lines),
    skippedRecords: total(parsed.skipped),
  };
  const empty = parsed.traces.length - traces.length;
  return {
    rows: traces.map((trace) => rowOf(trace, origin)),
    notes: [
      ...skipped.map((finding) => ({ ...finding, source })),
      ...(empty > 0 ? [{ kind: 'filtered' as const, source, reason: NO_MESSAGES, count: empty }] : []),
    ],
  };
}

/** Files with one record each, as the lines of one file. */
async function readSplit(paths: readonly string[], readContent: ContentReader): Promise<ReadContent> {
  const records: JsonObject[] = [];
  const failed = new Map<string, string[]>();
  for (const path of paths) {
    const read = await readContent(path);
    if (read.content?.kind === 'document') records.push(read.content.document);
    else {
      const reason = read.content ? 'not a JSON object' : read.reason;
      const names = failed.get(reason);
      if (names) names.push(basename(path));
      else failed.set(reason, [basename(path)]);
    }
  }
  const skipped = Array.from(failed, ([reason, names]): Finding => {
    const which = names.length === 1 ? names.join() : `${names.length} files (first ${String(names[0])})`;
    return { kind: 'skipped', reason: `${which}: ${reason}`, count: names.length };
  });
  return records.length > 0
    ? { content: { kind: 'lines', records }, skipped }
    : { content: undefined, skipped, reason: 'no usable file' };
}

/** True for a message with a text, a thought, a call or another block. */
function saysSomething({ content, reasoning_content: reasoning, tool_calls: calls }: Message): boolean {
  return (
    calls !== undefined ||
    reasoning !== undefined ||
    content.some(({ type, text }) => type !== 'text' || (text !== undefined && text !== ''))
  );
}

async function listPaths(folder: string): Promise<readonly string[]> {
  const { files } = await listFiles(folder, true, () => false);
  return files.map((file) => `${folder}/${file.path}`);
}

function surroundings(path: string, { readContent, list }: Reading): Surroundings {
  return {
    path: path.replaceAll('\\', '/'),
    list,
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
    : NO_MESSAGES;
}

const NO_MESSAGES = 'no messages';

function noRow(source: string, reason: string, skipped: readonly Finding[]): SeedEntryRows {
  const why = [reason, ...skipped.map((finding) => finding.reason)].join('; ');
  const note: SeedNote = { kind: 'filtered', source, reason: why, count: 1 };
  return { rows: [], notes: [note] };
}

function total(findings: readonly Finding[]): number {
  return findings.reduce((sum, { count }) => sum + count, 0);
}
