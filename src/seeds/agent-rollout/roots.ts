import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../result.js';
import type { SeedContext, SeedError } from '../types.js';
import { listFiles, type Listing } from './discovery.js';
import type { RolloutFormat } from './format.js';
import { formats } from './formats.js';
import { withoutOverlaps } from './overlaps.js';
import { givenPlaces, placesOfAll, placesOfFormat, type Place } from './places.js';
import { AUTO, type RolloutSource } from './source.js';
import { indexTest, wantedPaths } from './wanted.js';

/** A place to read traces from, and the files there. */
export interface Root extends Place {
  readonly listing: Listing;
}

/**
 * What a source means: the folders and files that it names, or the default folders of the tools. Where
 * they overlap, each file stands in one of them only.
 */
export async function findRoots(
  source: RolloutSource,
  context: SeedContext,
): Promise<Result<readonly Root[], SeedError>> {
  const { format: name = AUTO, path } = source;
  const format = formats.get(name);
  if (!format && name !== AUTO) {
    const known = [AUTO, ...formats.keys()].join(', ');
    return err({ key: 'format', message: `unknown format ${JSON.stringify(name)}`, hint: `one of ${known}` });
  }
  const places = await (typeof path === 'string' || Array.isArray(path)
    ? givenPlaces([path].flat(), format, context)
    : format
      ? placesOfFormat(format, context)
      : placesOfAll(context));
  if (!places.ok) return places;
  const listed = places.value.map(async (place) => ({ ...place, listing: await listPlace(place, source) }));
  const roots = withoutOverlaps(await Promise.all(listed), source);
  const unreadable = roots.map(whyUnreadable);
  return unreadable.every((reason) => reason !== undefined)
    ? err({ key: 'path', message: unreadable.join('; ') })
    : ok(roots);
}

/** One folder that cannot be read is noted; it is an error when there is no other. */
function whyUnreadable({ label, listing }: Root): string | undefined {
  const note = listing.notes.find(({ source }) => source === '');
  return note && note.reason.replace('the folder', () => `the folder ${label}`);
}

function listPlace(place: Place, source: RolloutSource): Promise<Listing> {
  const { folder, file } = place;
  return file === undefined
    ? listFiles(folder, source.recursive ?? true, wantedPaths(place, source))
    : listOne(folder, file, place.format);
}

/** A file with the session indices beside it, which tell more of it. */
async function listOne(folder: string, file: string, format: RolloutFormat | undefined): Promise<Listing> {
  const path = join(folder, file);
  const target = await realpath(path).catch(() => path);
  const { files } = await listFiles(folder, false, () => false);
  const isIndex = indexTest(format);
  return {
    files: [
      { path: file, target: target === path ? undefined : target },
      ...files.filter((other) => other.path !== file && isIndex(other.path)),
    ],
    notes: [],
  };
}
