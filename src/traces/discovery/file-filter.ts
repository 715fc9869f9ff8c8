import type { RolloutFormat } from '../format.js';
import { extensionOf, nameOf, unpackedPath } from '../paths.js';
import { nameMatcher } from '../../seeds/list-files.js';
import type { Place } from './places.js';

/** True for a path below a place that passes the filter. */
export type PathTest = (path: string) => boolean;

/** Which files below a place are looked at, and which of them can be traces. */
export interface FileFilter {
  /**
   * Files whose base name matches the recipe's pattern or, without one, the format's own; session indices are left
   * out. A file that the recipe names itself always passes.
   */
  readonly matches: PathTest;
  /** Matching files that the format accepts by their path. */
  readonly isTrace: PathTest;
  /** Files that are read together with the trace they belong to. */
  readonly isPart: PathTest;
  /** The recipe says which files, by name or by a pattern. */
  readonly isChosen: boolean;
  /** Files in which a format keeps facts about its sessions. */
  readonly isIndex: PathTest;
  /** The pattern in words, for messages. */
  readonly pattern: string;
}

/**
 * @param formats every format: a place of unknown format may have the session indices of any of them
 * @param pattern the recipe's `file_pattern`
 */
export function createFileFilter(
  formats: readonly RolloutFormat[],
  { file, format }: Place,
  pattern: string | null | undefined,
): FileFilter {
  const indexNames = new Set((format ? [format] : formats).flatMap(({ index }) => index?.fileName ?? []));
  const isIndex = (path: string): boolean => indexNames.has(nameOf(path));
  const matchesName = pattern ? nameMatcher(pattern) : format ? ownFiles(format) : isJson;
  const owns: PathTest = (path) => format?.owns(path) === true || format?.owns(unpackedPath(path)) === true;
  const matches: PathTest =
    file === undefined ? (path) => matchesName(path) && !isIndex(path) : (path) => path === file;
  const isPart: PathTest = (path) => (format ? [format] : formats).some((one) => one.isPart?.(path));
  return {
    matches,
    isTrace: (path) => matches(path) && (file !== undefined || (format ? owns(path) : !isPart(path))),
    isPart,
    isChosen: file !== undefined || Boolean(pattern),
    isIndex,
    pattern: pattern ?? format?.filePattern ?? '*.json, *.jsonl, *.jsonl.zst, *.parquet, *.traj, *.db',
  };
}

/** Compares in lower case: a copy on another file system may have its name in capitals. */
function ownFiles({ filePattern }: RolloutFormat): PathTest {
  const matchers = filePattern.split(', ').map(nameMatcher);
  return (path) =>
    [path, unpackedPath(path)].some((name) => matchers.some((matches) => matches(name.toLowerCase())));
}

function isJson(path: string): boolean {
  return /^\.(?:jsonl?|ndjson|parquet|traj|db|sqlite3?)$/.test(extensionOf(unpackedPath(path)));
}
