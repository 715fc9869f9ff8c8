import { join } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import type { SeedNote } from '../../core/events.js';
import type { RolloutFormat, SessionIndex } from '../format.js';
import { byCodePoint } from '../../core/code-points.js';
import { firstText } from '../fields.js';
import { extensionOf, nameOf, stemOf, unpackedPath } from '../paths.js';
import { rowGroupsOf } from '../reading/parquet.js';
import { readDocument } from '../reading/read-content.js';
import type { TraceFileEntry } from '../reading/read-entry.js';
import type { Root } from './roots.js';

export interface FoundEntries {
  readonly entries: readonly TraceFileEntry[];
  readonly notes: readonly SeedNote[];
}

/** The files of a root that may hold traces, with the session indices that the tools keep beside them. */
export async function findEntries(formats: readonly RolloutFormat[], root: Root): Promise<FoundEntries> {
  const { matches, isTrace, isPart } = root.filter;
  const all = root.listing.files.map(({ path }) => path);
  const names = new Set(all);
  // Of a file and its compressed copy, the file is read.
  const paths = all.filter((path) => unpackedPath(path) === path || !names.has(unpackedPath(path)));
  const others = paths.filter((path) => matches(path) && !isTrace(path) && !isPart(path));

  const indices = new Map<string, SessionIndex>();
  const notes: SeedNote[] = root.listing.notes.map((note) => ({
    ...note,
    source: join(root.label, note.source),
    count: 1,
  }));
  if (others.length > 0 && root.format) notes.push(foreignFiles(root, root.format, others));
  notes.push(...passedOver(root, paths));
  for (const format of root.format ? [root.format] : formats) {
    const index = await readIndex(root, format, paths);
    indices.set(format.name, index.sessions);
    notes.push(...index.notes);
  }
  const sessions = sessionsAmong(paths.filter(isTrace), root, root.format ? [root.format] : formats);
  const entries: TraceFileEntry[] = [];
  for (const { path, others: more } of sessions) {
    const entry = {
      ...(sessions.length === 1 && { isOnly: true }),
      ...(more && { others: more.map((other) => join(root.folder, other)) }),
      path: join(root.folder, path),
      source: join(root.label, path),
      stem: stemOf(path),
      format: root.format?.name,
      indices,
    };
    entries.push(...(await entriesIn(entry)));
  }
  return { entries, notes };
}

type SessionFiles = Pick<TraceFileEntry, 'path' | 'others'>;

/** Nearly always one file each. Files with one record each are in the order of the numbers in their names. */
function sessionsAmong(
  paths: readonly string[],
  { folder }: Root,
  formats: readonly RolloutFormat[],
): readonly SessionFiles[] {
  const ofRecords = formats.filter(({ sessionOf }) => sessionOf !== undefined);
  if (ofRecords.length === 0) return paths.map((path) => ({ path }));
  const { compare } = new Intl.Collator('en', { numeric: true });
  const sessions = new Map<string, { path: string; others?: string[] }>();
  for (const path of paths) {
    const absolute = join(folder, path).replaceAll('\\', '/');
    const name = firstText(ofRecords.map((format) => format.sessionOf?.(absolute)));
    const session = sessions.get(name ?? absolute);
    if (!session) sessions.set(name ?? absolute, { path, ...(name !== undefined && { others: [] }) });
    else session.others?.push(path);
  }
  return Array.from(sessions.values(), ({ path, others }) => {
    if (!others) return { path };
    const [first = path, ...rest] = [path, ...others].toSorted(compare);
    return { path: first, others: rest };
  });
}

/** Each row group of a Parquet file is an entry; every other file is one. */
async function entriesIn(entry: TraceFileEntry): Promise<readonly TraceFileEntry[]> {
  const groups = extensionOf(entry.path) === '.parquet' ? rowGroupsOf(entry.path) : [];
  if (groups.length < 2) return [entry];
  return groups.map((group) => ({
    ...entry,
    source: `${entry.source} (rows ${group.start + 1} to ${group.end})`,
    group,
  }));
}

function foreignFiles(root: Root, format: RolloutFormat, paths: readonly string[]): SeedNote {
  const reason = `not named like a trace of ${format.name} (${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''})`;
  return { kind: 'filtered', source: root.label, reason, count: paths.length };
}

/** Files whose ending is not one of those that are looked at, in one note. In a tool's own folder, only archives. */
function passedOver(root: Root, paths: readonly string[]): readonly SeedNote[] {
  const { matches, isIndex, isPart, isChosen } = root.filter;
  if (isChosen) return [];
  const counts = new Map<string, number>();
  const linked = new Set(root.listing.files.map(({ target }) => target));
  for (const path of paths) {
    if (linked.has(join(root.folder, path))) continue;
    if (matches(path) || isIndex(path) || isPart(path) || OF_THE_SYSTEM.test(path)) continue;
    const ending = endingOf(path);
    if (root.isDefault && !ARCHIVES.test(ending)) continue;
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || byCodePoint(a, b));
  const named = sorted.slice(0, MOST_ENDINGS).map(([ending, count]) => `${count} ${ending}`);
  const reason = `not looked at: ${named.join(', ')}${sorted.length > MOST_ENDINGS ? ', …' : ''}`;
  return [
    { kind: 'note', source: root.label, reason, count: sorted.reduce((sum, [, count]) => sum + count, 0) },
  ];
}

const MOST_ENDINGS = 8;

const ARCHIVES = /^\.(?:zip|7z|rar|tar|tgz|tbz2?|txz|bz2|xz|lz4|tar\.\w+)$/;

/** What SQLite keeps beside a database, and hidden files without an ending. */
const OF_THE_SYSTEM = /-(?:wal|shm|journal)$|(?:^|\/)\.[^./]*$/;

/** The last one, or the last two of compressed files: `.tar.gz`. */
function endingOf(path: string): string {
  const unpacked = unpackedPath(path);
  const ending = `${extensionOf(unpacked)}${path.slice(unpacked.length).toLowerCase()}`;
  return ending === '' ? 'without an ending' : ending;
}

/** Reads every index of a format below the root. One that cannot be read costs only its own facts. */
async function readIndex(
  root: Root,
  { index }: RolloutFormat,
  files: readonly string[],
): Promise<{ readonly sessions: SessionIndex; readonly notes: readonly SeedNote[] }> {
  const sessions = new Map<string, JsonObject>();
  const notes: SeedNote[] = [];
  for (const path of index ? files.filter((file) => nameOf(file) === index.fileName) : []) {
    const document = await readDocument(join(root.folder, path));
    if (document.ok) {
      for (const [id, facts] of index?.entries(document.value) ?? []) sessions.set(id, facts);
    } else {
      const reason = `session index not used: ${document.error}`;
      notes.push({ kind: 'skipped', source: join(root.label, path), reason, count: 1 });
    }
  }
  return { sessions, notes };
}
