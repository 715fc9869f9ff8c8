import type { SeedNote } from '../../core/events.js';
import { recogniseFormat, type RolloutFormat } from '../format.js';
import { extensionOf, nameOf, unpackedPath } from '../paths.js';
import { openDatabase } from '../reading/database.js';
import type { TraceFileEntry } from '../reading/read-entry.js';
import type { FoundEntries } from './entries.js';

/**
 * Leaves out files whose sessions a database has as well: tools that moved to a database leave the files where they
 * were. The database wins, because it has what came later. Files and databases are compared by name, so no other file
 * is opened.
 */
export async function withoutStored(
  formats: readonly RolloutFormat[],
  found: readonly FoundEntries[],
): Promise<readonly FoundEntries[]> {
  const entries = found.flatMap((part) => part.entries);
  const databases = entries.filter(({ path }) => isDatabaseName(path));
  if (databases.length === 0 || databases.length === entries.length) return found;
  const stores = (await Promise.all(databases.map((entry) => storeOf(formats, entry)))).filter(
    (store) => store !== undefined,
  );
  return found.map((part) => {
    const kept: TraceFileEntry[] = [];
    const left = new Map<Store, string[]>();
    for (const entry of part.entries) {
      const store = stores.find((one) => has(one, entry));
      if (!store) kept.push(entry);
      else left.set(store, [...(left.get(store) ?? []), nameOf(entry.path.replaceAll('\\', '/'))]);
    }
    return { entries: kept, notes: [...part.notes, ...Array.from(left, noteOf)] };
  });
}

interface Store {
  readonly format: string;
  /** The database, as the user would name it. */
  readonly source: string;
  readonly files: ReadonlySet<string>;
}

function isDatabaseName(path: string): boolean {
  return ['.db', '.sqlite', '.sqlite3'].includes(extensionOf(path.replaceAll('\\', '/')));
}

async function storeOf(
  formats: readonly RolloutFormat[],
  { path, source }: TraceFileEntry,
): Promise<Store | undefined> {
  const opened = await openDatabase(path);
  if (!opened.ok) return undefined;
  const database = opened.value;
  try {
    const format = recogniseFormat(formats, { kind: 'database', database });
    const files = format?.sessionFiles?.(database);
    return format && files && { format: format.name, source, files: new Set(files) };
  } catch {
    // It is reported when it is read.
    return undefined;
  } finally {
    database.close();
  }
}

function has({ format, files }: Store, entry: TraceFileEntry): boolean {
  const name = nameOf(unpackedPath(entry.path.replaceAll('\\', '/')));
  return files.has(name) && (entry.format === undefined || entry.format === format);
}

function noteOf([{ source }, names]: readonly [Store, readonly string[]]): SeedNote {
  const listed = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  return { kind: 'filtered', source, reason: `also has the sessions of ${listed}`, count: names.length };
}
