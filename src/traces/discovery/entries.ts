import { join } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import type { RolloutFormat, SessionIndex } from '../format.js';
import { formats } from '../formats/index.js';
import { nameOf, stemOf } from '../paths.js';
import { readContent } from '../reading/read-content.js';
import type { TraceFileEntry } from '../reading/read-entry.js';
import type { Root } from './roots.js';
import type { RolloutSource } from './source.js';
import { tracePaths, wantedPaths } from '../reading/file-filter.js';
import type { SeedNote } from '../../core/events.js';

export { patternOf } from '../reading/file-filter.js';

export interface FoundEntries {
  readonly entries: readonly TraceFileEntry[];
  readonly notes: readonly SeedNote[];
}

/** Tells the files of a root that may hold traces from others, and reads the session indices beside them. */
export async function findEntries(root: Root, source: RolloutSource): Promise<FoundEntries> {
  const isTrace = tracePaths(root, source);
  const paths = root.listing.files.map(({ path }) => path);
  const others = paths.filter(wantedPaths(root, source)).filter((path) => !isTrace(path));

  const indices = new Map<string, SessionIndex>();
  const notes: SeedNote[] = root.listing.notes.map((note) => ({
    ...note,
    source: join(root.label, note.source),
    count: 1,
  }));
  if (others.length > 0 && root.format) notes.push(foreignFiles(root, root.format, others));
  for (const format of root.format ? [root.format] : formats.values()) {
    const index = await readIndex(root, format, paths);
    indices.set(format.name, index.sessions);
    notes.push(...index.notes);
  }
  const entries = paths.filter(isTrace).map((path) => ({
    path: join(root.folder, path),
    source: join(root.label, path),
    stem: stemOf(path),
    format: root.format?.name,
    indices,
  }));
  return { entries, notes };
}

function foreignFiles(root: Root, format: RolloutFormat, paths: readonly string[]): SeedNote {
  const reason = `not named like a ${format.name} trace (${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''})`;
  return { kind: 'filtered', source: root.label, reason, count: paths.length };
}

/** Reads every index of a format below the root; one that cannot be read costs only what it would have told. */
async function readIndex(
  root: Root,
  { index }: RolloutFormat,
  files: readonly string[],
): Promise<{ readonly sessions: SessionIndex; readonly notes: readonly SeedNote[] }> {
  const sessions = new Map<string, JsonObject>();
  const notes: SeedNote[] = [];
  for (const path of index ? files.filter((file) => nameOf(file) === index.fileName) : []) {
    const read = await readContent(join(root.folder, path));
    if (read.content?.kind === 'document') {
      for (const [id, facts] of index?.entries(read.content.document) ?? []) sessions.set(id, facts);
    } else if (!read.content) {
      const reason = `session index not used: ${read.reason}`;
      notes.push({ kind: 'skipped', source: join(root.label, path), reason, count: 1 });
    }
  }
  return { sessions, notes };
}
