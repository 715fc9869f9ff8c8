import { isAbsolute, join, relative, sep } from 'node:path';
import type { FoundFile } from './discovery.js';
import type { Root } from './roots.js';
import type { RolloutSource } from './source.js';
import { tracePaths } from './wanted.js';

/** Leaves out what is there twice: folders within folders, and links to files that are read anyway. */
export function withoutOverlaps(roots: readonly Root[], source: RolloutSource): readonly Root[] {
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
    const isTrace = tracePaths(root, source);
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

/** Whether all that is below one root is also found below another. */
function covers(outer: Root, inner: Root, { recursive = true }: RolloutSource): boolean {
  if (outer.format !== inner.format) return false;
  if (outer.folder === inner.folder) return outer.file === inner.file;
  const way = relative(outer.folder, inner.folder);
  // From one drive of Windows to another there is no relative way.
  const isInside = !isAbsolute(way) && !way.split(sep).includes('..');
  return recursive && isInside && outer.file === undefined && inner.file === undefined;
}
