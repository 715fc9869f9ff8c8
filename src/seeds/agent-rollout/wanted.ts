import { nameMatcher } from './discovery.js';
import { formats } from './formats.js';
import { extensionOf, nameOf } from './paths.js';
import type { Place } from './places.js';
import type { RolloutSource } from './source.js';

/** Whether a path below a place is one to look at. */
export type PathTest = (path: string) => boolean;

/**
 * Which files are looked at: those whose base name has the recipe's pattern or else the format's own,
 * but no session indices. A file that was given by its own name is meant, whatever that is.
 */
export function wantedPaths({ file, format }: Place, { file_pattern: pattern }: RolloutSource): PathTest {
  if (file !== undefined) return (path) => path === file;
  const chosen = pattern ?? format?.filePattern;
  const matches = chosen === undefined ? isJson : nameMatcher(chosen);
  return (path) => matches(path) && !isIndex(path);
}

/** Which of the wanted files can be sessions. */
export function tracePaths(place: Place, source: RolloutSource): PathTest {
  const isWanted = wantedPaths(place, source);
  const { file, format } = place;
  return (path) => isWanted(path) && (file !== undefined || (format?.owns(path) ?? true));
}

/** What is looked for, as it is told to the user. */
export function patternOf({ format }: Place, { file_pattern: pattern }: RolloutSource): string {
  return pattern ?? format?.filePattern ?? '*.json, *.jsonl';
}

/** Whether some format keeps facts about its sessions in files of that name. */
export function isIndex(path: string): boolean {
  return INDEX_NAMES.has(nameOf(path));
}

const INDEX_NAMES: ReadonlySet<string> = new Set(
  [...formats.values()].flatMap(({ index }) => index?.fileName ?? []),
);

function isJson(path: string): boolean {
  return /^\.jsonl?$/.test(extensionOf(path));
}
