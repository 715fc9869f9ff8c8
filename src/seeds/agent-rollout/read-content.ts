import type { JsonObject } from '../../json.js';
import { ok, type Result } from '../../result.js';
import type { Finding, RecordReader, RolloutFormat, TraceContent } from './format.js';
import { recogniseFormat } from './formats.js';
import { createLineReader, parseDocument, type JsonLines } from './json-lines.js';
import { extensionOf } from './paths.js';
import { readBytes } from './read-bytes.js';
import { readPieces } from './read-pieces.js';
import { asUtf8, looksBinary } from './text-encoding.js';

/** What could be read of a file: its content with the lines passed over, or why there is none. */
export type ReadContent =
  | {
      readonly content: TraceContent;
      readonly skipped: readonly Finding[];
      /** What took the records, if anything did: the content has only the first ones. */
      readonly reader?: RecordReader;
    }
  | { readonly content: undefined; readonly skipped: readonly Finding[]; readonly reason: string };

/**
 * Reads a file as one JSON document when it is named `*.json`, and as JSON lines otherwise. Rejects only
 * if what takes the records throws.
 *
 * @param format the format of the file; when it is not known it is recognised, because lines lack what
 * their format never reads
 * @param startReader what takes the records of a file of many, if anything does, so that they need not be kept
 */
export async function readContent(
  path: string,
  format?: RolloutFormat,
  startReader: StartReader = () => undefined,
): Promise<ReadContent> {
  return extensionOf(path) === '.json' ? readDocument(path) : readLines(path, format, startReader);
}

type StartReader = (format: RolloutFormat) => RecordReader | undefined;

async function readDocument(path: string): Promise<ReadContent> {
  const file = await readBytes(path);
  if (!file.ok) return nothing(file.error);
  const bytes = asUtf8(file.value);
  const document = parseDocument(bytes);
  if (typeof document !== 'string') return { content: { kind: 'document', document }, skipped: [] };
  return nothing(looksBinary(bytes) ? BINARY : document);
}

async function readLines(
  path: string,
  format: RolloutFormat | undefined,
  startReader: StartReader,
): Promise<ReadContent> {
  let guess = format;
  let reader: RecordReader | undefined;
  let hasStarted = false;
  const read = await linesOf(
    path,
    (records) => {
      if (!guess && records.length < HEAD) guess = recogniseLines(records);
      return guess?.emptyUnread;
    },
    (record, records) => {
      if (!hasStarted && records.length >= HEAD) {
        hasStarted = true;
        reader = guess && startReader(guess);
        for (const early of records) reader?.add(early);
      }
      reader?.add(record);
      return reader !== undefined;
    },
  );
  if (!read.ok) return nothing(read.error);
  const { records, lines, skipped, isBinary } = read.value;
  if (records.length === 0) {
    return nothing(isBinary ? BINARY : skipped.length > 0 ? 'no usable line' : 'empty file', skipped);
  }
  const recognised = format ?? recogniseLines(records);
  // The first lines looked like those of another format, and what that one never reads is missing.
  if (guess && recognised && guess !== recognised) return readLines(path, recognised, startReader);
  const content = { kind: 'lines' as const, records, ...(lines && { lines }) };
  return { content, skipped, ...(reader && { reader }) };
}

const BINARY = 'binary, not text';

/** By so many records every format recognises its own. */
const HEAD = 20;

function recogniseLines(records: readonly JsonObject[]): RolloutFormat | undefined {
  return recogniseFormat({ kind: 'lines', records });
}

interface FileLines extends JsonLines {
  readonly isBinary: boolean;
}

/** The lines of a file, which is never in memory as a whole unless it has to be decoded. */
async function linesOf(
  path: string,
  ...how: Parameters<typeof createLineReader>
): Promise<Result<FileLines, string>> {
  const reader = createLineReader(...how);
  let isFirst = true;
  let isEncoded = false;
  let isBinary = false;
  const read = await readPieces(path, (piece, isLast) => {
    // UTF-16 is full of NULs, and a file without a line feed is a single piece.
    if (isFirst) isEncoded = looksBinary(piece) && !isLast;
    if (isFirst && isLast) takeWhole(asUtf8(piece));
    else if (!isEncoded) reader.read(piece);
    isFirst = false;
  });
  if (!read.ok) return read;
  if (isEncoded) {
    const whole = await readBytes(path);
    if (!whole.ok) return whole;
    takeWhole(asUtf8(whole.value));
  }
  return ok({ ...reader.result(), isBinary });

  function takeWhole(bytes: Buffer): void {
    isBinary = looksBinary(bytes);
    reader.read(bytes);
  }
}

function nothing(reason: string, skipped: readonly Finding[] = []): ReadContent {
  return { content: undefined, skipped, reason };
}
