/**
 * What there is to read, without reading it: sessions by format and folder. Of a file of JSON Lines the first bytes are
 * read, of a database the number of its sessions, and of a document in a tool's own folder nothing. A file is read as a
 * whole where that does not tell: where its beginning has no message, and in formats of datasets, which keep many
 * sessions in a file.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SeedNote } from '../core/events.js';
import { attempt } from '../core/regular-file.js';
import { err, ok, type Result } from '../core/result.js';
import type { ListedSource, SeedContext, SeedError, SeedListing } from '../seeds/types.js';
import { findEntries } from './discovery/entries.js';
import { findRoots, type Root } from './discovery/roots.js';
import { defaultPlaces, placesOfAll } from './discovery/places.js';
import { patternError } from '../seeds/list-files.js';
import { AUTO, type RolloutSource } from './discovery/source.js';
import { withoutStored } from './discovery/stored-sessions.js';
import {
  loadFormats,
  recogniseFormat,
  UNKNOWN_FORMAT,
  type FormatEntry,
  type RolloutFormat,
} from './format.js';
import { extensionOf } from './paths.js';
import { isDatabase, openDatabase } from './reading/database.js';
import { createContentReader } from './reading/read-content.js';
import { createEntryReader, type TraceFileEntry } from './reading/read-entry.js';
import { createHeadReader } from './reading/read-head.js';

export async function listRollouts(
  formatEntries: readonly FormatEntry[],
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<SeedListing, SeedError>> {
  const formats = await loadFormats(formatEntries);
  const wrongPattern = patternError(source.file_pattern);
  if (wrongPattern) return err(wrongPattern);
  const { path, format = AUTO } = source;
  if (typeof path !== 'string' && !Array.isArray(path) && format === AUTO) {
    const places = await placesOfAll(formats, context);
    // A machine without sessions is no mistake.
    if (!places.ok) return ok({ sources: [], notes: [], looked_at: defaultPlaces(formats, context) });
  }
  const roots = await findRoots(formats, source, context);
  if (!roots.ok) return roots;
  const count = createCounter(formats, context);
  const sources: ListedSource[] = [];
  const notes: SeedNote[] = [];
  const all = await withoutStored(
    formats,
    await Promise.all(roots.value.map((root) => findEntries(formats, root))),
  );
  for (const [at, root] of roots.value.entries()) {
    const found = all[at];
    const tallies = createTallies(root);
    notes.push(...(found?.notes ?? []));
    for (const entry of found?.entries ?? []) {
      const counted = await count(entry);
      notes.push(...counted.notes);
      if (counted.format === undefined) continue;
      tallies.add(counted.format, entry.path, counted.sessions);
      for (const other of entry.others ?? []) tallies.addPart(counted.format, other);
    }
    for (const { path } of root.listing.files) {
      const owner = formats.find((format) => format.isPart?.(path));
      if (owner) tallies.addPart(owner.name, join(root.folder, path));
    }
    sources.push(...tallies.all());
  }
  const isUnknown = notes.some(({ reason }) => reason.startsWith(UNKNOWN_FORMAT));
  return ok({ sources, notes, ...(isUnknown && { formats: formats.map(({ name }) => name) }) });
}

/** The sessions in a file, by id; `undefined` when they cannot be counted. */
interface Counted {
  /** None for a file without a session. */
  readonly format?: string;
  readonly sessions?: ReadonlySet<string>;
  readonly notes: readonly SeedNote[];
}

function createCounter(
  formats: readonly RolloutFormat[],
  context: SeedContext,
): (entry: TraceFileEntry) => Promise<Counted> {
  const readContent = createContentReader(formats);
  const readHead = createEntryReader(formats, createHeadReader(readContent));
  const readWhole = createEntryReader(formats, readContent);
  /** Tools keep one session in a file; a dataset has no default folder. */
  const ofTools = new Set(
    formats.filter((format) => format.defaultFolders(context).length > 0).map(({ name }) => name),
  );

  return async (entry) => {
    const { format, path } = entry;
    if (isDatabase(path)) {
      const counted = await countInDatabase(entry, formats);
      if (counted) return counted;
    } else if (format !== undefined && ofTools.has(format) && extensionOf(path) === '.json') {
      // Where each record has a file, the first one tells whose session it is.
      const { rows } = entry.others ? await readHead({ ...entry, others: [] }) : { rows: [] };
      return { format, sessions: new Set([String(rows[0]?.['root_session_id'] ?? path)]), notes: [] };
    }
    const head = await readHead(entry);
    const { rows, notes } = head.rows.some(({ source_kind: kind }) => ofTools.has(String(kind)))
      ? head
      : await readWhole(entry);
    const [first] = rows;
    if (!first) return { notes };
    const ids = rows.map(({ root_session_id: id }) => String(id));
    return { format: String(first['source_kind']), sessions: new Set(ids), notes: [] };
  };
}

/** `undefined` when the database has to be read. */
async function countInDatabase(
  { path, source, format: name }: TraceFileEntry,
  formats: readonly RolloutFormat[],
): Promise<Counted | undefined> {
  const opened = await openDatabase(path);
  if (!opened.ok) {
    const note = { kind: 'skipped', source, reason: opened.error, count: 1 } as const;
    return { ...(name !== undefined && { format: name }), notes: [note] };
  }
  const database = opened.value;
  try {
    const format = recogniseFormat(formats, { kind: 'database', database });
    const ids = format?.sessionIds?.(database);
    return format && ids && { format: format.name, sessions: new Set(ids), notes: [] };
  } catch {
    return undefined;
  } finally {
    database.close();
  }
}

interface Tally {
  readonly sessions: Set<string>;
  isCounted: boolean;
  /** Row groups of one Parquet file are read one by one. */
  readonly files: Set<string>;
  bytes: number;
  /** In milliseconds. */
  newest: number;
}

/** Adds up the files of a root by their format. */
function createTallies(root: Root) {
  const tallies = new Map<string, Tally>();

  function addFile(tally: Tally, path: string): void {
    const stats = attempt(() => statSync(path));
    if (!stats.ok) return;
    tally.bytes += stats.value.size;
    tally.newest = Math.max(tally.newest, stats.value.mtimeMs);
  }

  return {
    add(format: string, path: string, sessions: ReadonlySet<string> | undefined): void {
      const tally = tallies.get(format) ?? {
        sessions: new Set(),
        isCounted: true,
        files: new Set(),
        bytes: 0,
        newest: 0,
      };
      tallies.set(format, tally);
      if (sessions) for (const id of sessions) tally.sessions.add(id);
      else tally.isCounted = false;
      if (!tally.files.has(path)) addFile(tally, path);
      tally.files.add(path);
    },
    /** A file that belongs to a session of another file. */
    addPart(format: string, path: string): void {
      const tally = tallies.get(format);
      if (tally) addFile(tally, path);
    },
    all: (): readonly ListedSource[] =>
      Array.from(tallies, ([format, { sessions, isCounted, files, bytes, newest }]) => ({
        format,
        folder: root.file === undefined ? root.label : join(root.label, root.file),
        sessions: isCounted ? sessions.size : null,
        files: files.size,
        bytes,
        newest: new Date(newest).toISOString(),
      })),
  };
}
