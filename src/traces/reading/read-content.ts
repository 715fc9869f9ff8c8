import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { JsonObject } from '../../core/json.js';
import { ok, type Result, err } from '../../core/result.js';
import type { Finding, RecordReader, RolloutFormat, TraceContent } from '../format.js';
import { recogniseFormat } from '../formats/index.js';
import { createLineReader, parseDocument, type JsonLines } from './json-lines.js';
import { extensionOf } from '../paths.js';
import { readPieces } from './read-pieces.js';
import { cannotRead, openRegular, type RegularFile } from '../../core/regular-file.js';

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

/** What Node's own functions read at most. */
const MAX_BYTES = 2 ** 31 - 1;

const CHUNK = 2 ** 26;

const readSome = promisify(read);

/** The bytes of a regular file, or in words why there are none. Never rejects, and never waits for a pipe. */
export async function readBytes(path: string): Promise<Result<Buffer, string>> {
  const file = openRegular(path);
  if (!file.ok) return file;
  const { descriptor, size } = file.value;
  try {
    if (size > MAX_BYTES) return err(`is too large (${size} bytes; at most ${MAX_BYTES} are read)`);
    return ok(await readAll(file.value));
  } catch (error) {
    return cannotRead(error);
  } finally {
    closeSync(descriptor);
  }
}

async function readAll({ descriptor, size }: RegularFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const room = Math.min(CHUNK, size - length);
    const { bytesRead } = await readSome(descriptor, bytes, length, room, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/**
 * The bytes of a whole file as UTF-8 with line feeds, whichever way it was saved: tools of Windows write
 * UTF-16, and some end lines with carriage returns alone.
 */
function asUtf8(bytes: Buffer): Buffer {
  const encoding = utf16Of(bytes);
  const text = encoding === undefined ? bytes : Buffer.from(new TextDecoder(encoding).decode(bytes));
  return text.includes('\n') ? text : withLineFeeds(text);
}

/** Whether bytes cannot be text: no text holds a NUL. */
function looksBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 4096).includes(0);
}

/**
 * Told by the first characters, which in JSON are ASCII: every other byte of them is 0. The byte-order
 * mark before them decides nothing, for it may be missing, and two odd bytes may be damage.
 */
function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const hasMark = bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE());
  const start = Array.from(hasMark ? bytes.subarray(2, 10) : bytes.subarray(0, 8));
  if (start.length < 8) return undefined;
  const zeros = start.map((byte) => (byte === 0 ? '0' : 'x')).join('');
  return zeros === 'x0x0x0x0' ? 'utf-16le' : zeros === '0x0x0x0x' ? 'utf-16be' : undefined;
}

/** Only between objects: elsewhere a carriage return is white space of the JSON itself. */
function withLineFeeds(text: Buffer): Buffer {
  let lines = text;
  for (let at = text.indexOf('}\r{'); at !== -1; at = text.indexOf('}\r{', at + 2)) {
    if (lines === text) lines = Buffer.from(text);
    lines[at + 1] = 0x0a;
  }
  return lines;
}
