import { extname } from 'node:path';

const PACKED = /\.(?:zst|gz)$/i;

/** A path without the ending of compressed files. */
export function unpackedPath(path: string): string {
  return path.replace(PACKED, '');
}

/** Base name of a path whose parts are separated by `/`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Extension in lower case, with its dot; empty for `.jsonl` and `a.`. */
export function extensionOf(path: string): string {
  const extension = extname(nameOf(path)).toLowerCase();
  return extension === '.' ? '' : extension;
}

/** Base name without its extension. */
export function stemOf(path: string): string {
  const name = nameOf(path).replace(PACKED, '');
  return name.slice(0, name.length - extensionOf(name).length);
}

/** The id of a chat that has none: its file and the number of its line. */
export function lineName(stem: string, line: number): string {
  return `${stem}:${line}`;
}
