import { nameMatcher } from '../discovery/discovery.js';
import type { RolloutFormat } from '../format.js';
import { formats } from '../formats/index.js';
import { extensionOf, nameOf } from '../paths.js';
import type { Place } from '../discovery/places.js';
import type { RolloutSource } from '../discovery/source.js';

/** Whether a path below a place is one to look at. */
export type PathTest = (path: string) => boolean;

/**
 * Which files are looked at: those whose base name has the recipe's pattern or else the format's own,
 * but no session indices. A file that was given by its own name is meant, whatever that is.
 */
export function wantedPaths({ file, format }: Place, { file_pattern: pattern }: RolloutSource): PathTest {
  if (file !== undefined) return (path) => path === file;
  const matches =
    typeof pattern === 'string' ? nameMatcher(pattern) : format ? ownFiles(format.filePattern) : isJson;
  const isIndex = indexTest(format);
  return (path) => matches(path) && !isIndex(path);
}

/** Files as the tool names them; a copy on another file system may have its name in capitals. */
function ownFiles(pattern: string): PathTest {
  const matches = nameMatcher(pattern);
  return (path) => matches(path.toLowerCase());
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

/** Whether the format, or any where it is not known, keeps facts about its sessions in files of that name. */
export function indexTest(format: RolloutFormat | undefined): PathTest {
  const owners = format ? [format] : [...formats.values()];
  const names = new Set(owners.flatMap(({ index }) => index?.fileName ?? []));
  return (path) => names.has(nameOf(path));
}

function isJson(path: string): boolean {
  return /^\.jsonl?$/.test(extensionOf(path));
}
