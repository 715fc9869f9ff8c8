/**
 * Discovery: from `seed_config.source` to the list of trace files. `places.ts` finds the folders (those that the
 * recipe names, or the default folders of the formats), this file lists each one and removes what two of them share,
 * and `entries.ts` separates traces from other files and reads the session indices beside them. No trace file is
 * opened before its rows are asked for.
 */
import { realpath } from 'node:fs/promises';
import { join, isAbsolute, relative, sep } from 'node:path';
import { err, ok, type Result } from '../../core/result.js';
import type { SeedContext, SeedError } from '../../seeds/types.js';
import type { RolloutFormat } from '../format.js';
import { createFileFilter, type FileFilter } from './file-filter.js';
import { listFiles, type Listing, type FoundFile } from '../../seeds/list-files.js';
import { givenPlaces, placesOfAll, placesOfFormat, type Place } from './places.js';
import { AUTO, type RolloutSource } from './source.js';

/** A place to read traces from, and the files there. */
export interface Root extends Place {
  readonly filter: FileFilter;
  readonly listing: Listing;
}

/** The folders and files of a source. Where they overlap, each file belongs to one of them only. */
export async function findRoots(
  formats: readonly RolloutFormat[],
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<readonly Root[], SeedError>> {
  const { format: name = AUTO, path } = source;
  const format = formats.find((other) => other.name === name);
  if (!format && name !== AUTO) {
    const known = [AUTO, ...formats.map((other) => other.name)].join(', ');
    return err({ key: 'format', message: `unknown format ${JSON.stringify(name)}`, hint: `one of ${known}` });
  }
  const places = await (typeof path === 'string' || Array.isArray(path)
    ? givenPlaces([path].flat(), format, context)
    : format
      ? placesOfFormat(format, context)
      : placesOfAll(formats, context));
  if (!places.ok) return places;
  const listed = places.value.map(async (place): Promise<Root> => {
    const filter = createFileFilter(formats, place, source.file_pattern);
    return { ...place, filter, listing: await listPlace(place, filter, source.recursive ?? true) };
  });
  const roots = withoutOverlaps(await Promise.all(listed), source);
  const unreadable = roots.map(whyUnreadable);
  return unreadable.every((reason) => reason !== undefined)
    ? err({ key: 'path', message: unreadable.join('; ') })
    : ok(roots);
}

/** A folder that cannot be read is noted; it is an error when there is no other. */
function whyUnreadable({ label, listing }: Root): string | undefined {
  const note = listing.notes.find(({ source }) => source === '');
  return note && note.reason.replace('the folder', () => `the folder ${label}`);
}

function listPlace({ folder, file }: Place, filter: FileFilter, recursive: boolean): Promise<Listing> {
  return file === undefined
    ? listFiles(folder, recursive, filter.matches)
    : listOne(folder, file, filter.isIndex);
}

/** A single file with the session indices beside it. */
async function listOne(folder: string, file: string, isIndex: FileFilter['isIndex']): Promise<Listing> {
  const path = join(folder, file);
  const target = await realpath(path).catch(() => path);
  const { files } = await listFiles(folder, false, () => false);
  return {
    files: [
      { path: file, target: target === path ? undefined : target },
      ...files.filter((other) => other.path !== file && isIndex(other.path)),
    ],
    notes: [],
  };
}

/** Removes what is found twice: folders within folders, and links to files that are read anyway. */
function withoutOverlaps(roots: readonly Root[], source: RolloutSource): readonly Root[] {
  const distinct = roots.filter(
    (root, position) => !roots.some((other, at) => isRepeated(root, position, other, at)),
  );
  const traces = new Set<string>();
  // Files first: of a file and a link to it, wherever they are, the file itself is read.
  return distinct
    .map((root) =>
      without(root, ({ path, target }) => target === undefined && isTaken(join(root.folder, path))),
    )
    .map((root) => without(root, ({ target }) => target !== undefined && isTaken(target)));

  function isRepeated(root: Root, position: number, other: Root, at: number): boolean {
    return at !== position && covers(other, root, source) && (at < position || !covers(root, other, source));
  }

  function isTaken(path: string): boolean {
    const before = traces.size;
    return traces.add(path).size === before;
  }

  function without(root: Root, isTwice: (file: FoundFile) => boolean): Root {
    const { isTrace } = root.filter;
    const twice = new Set(root.listing.files.filter((file) => isTrace(file.path) && isTwice(file)));
    const links = [...twice].filter(({ target }) => target !== undefined);
    const notes = links.map(({ path }) => ({ kind: 'filtered' as const, source: path, reason: LINK }));
    return {
      ...root,
      listing: {
        files: root.listing.files.filter((file) => !twice.has(file)),
        notes: [...root.listing.notes, ...notes],
      },
    };
  }
}

const LINK = 'is a link to a file that is read anyway';

/** True when everything below one root is also found below another. */
function covers(outer: Root, inner: Root, { recursive = true }: RolloutSource): boolean {
  if (outer.format !== inner.format) return false;
  if (outer.folder === inner.folder) return outer.file === inner.file;
  const way = relative(outer.folder, inner.folder);
  // Between two drives of Windows there is no relative path.
  const isInside = !isAbsolute(way) && !way.split(sep).includes('..');
  return recursive && isInside && outer.file === undefined && inner.file === undefined;
}
