import { closeSync, readSync } from 'node:fs';
import type { JsonObject } from '../../core/json.js';
import { attempt, openRegular } from '../../core/regular-file.js';
import { createLineReader } from './json-lines.js';
import type { ContentReader } from './read-content.js';

/** In bytes. The first is enough for most sessions; some begin with a long system prompt. */
const HEADS = [2 ** 15, 2 ** 19];

/**
 * Reads only the first records of a long file of JSON Lines. Short files, documents, databases and row groups of
 * Parquet are read as a whole.
 *
 * @param readWhole for files of which the beginning is not enough
 */
export function createHeadReader(readWhole: ContentReader): ContentReader {
  return async (path, format, startReader, group) => {
    if (group) return readWhole(path, format, startReader, group);
    for (const size of HEADS) {
      const records = firstRecords(path, size);
      if (!records) break;
      if (records.length > 0) return { content: { kind: 'lines', records }, skipped: [] };
    }
    return readWhole(path, format);
  };
}

/** The records on the whole lines among the first bytes; `undefined` when the file has no more bytes than these. */
function firstRecords(path: string, size: number): readonly JsonObject[] | undefined {
  const file = openRegular(path);
  if (!file.ok) return undefined;
  const { descriptor } = file.value;
  const bytes = Buffer.allocUnsafe(size);
  const read = attempt(() => readSync(descriptor, bytes, 0, size, 0));
  closeSync(descriptor);
  if (!read.ok || read.value < size || file.value.size === size) return undefined;
  const reader = createLineReader();
  reader.read(bytes.subarray(0, bytes.lastIndexOf('\n') + 1));
  return reader.result().records;
}
