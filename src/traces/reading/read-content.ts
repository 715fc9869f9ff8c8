/**
 * Reads the content of a trace file: `*.json` as one JSON document, everything else as JSON Lines. Two things make
 * it fast. Lines are read from the bytes of the file without building one large string, and fields that a format
 * never uses are cut out of the bytes before a line is parsed (`skip-fields.ts`), which saves about half of the
 * parsing. A format can also take the records of a large file as they come (`RecordReader`), so that memory holds
 * what they say and not the records. Both need the format before the file is read: where it is not known, it is
 * guessed from the first records, and the file is read again in the rare case that the guess was wrong.
 *
 * Every kind of damage costs as little as possible: a bad line is counted and the others are read.
 */
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { JsonObject } from '../../core/json.js';
import { cannotRead, openRegular, type RegularFile } from '../../core/regular-file.js';
import { ok, type Result, err } from '../../core/result.js';
import {
  recogniseFormat,
  type Finding,
  type RecordReader,
  type RolloutFormat,
  type TraceContent,
} from '../format.js';
import { extensionOf } from '../paths.js';
import { createLineReader, parseDocument, type JsonLines } from './json-lines.js';
import { isDatabase, openDatabase } from './database.js';
import { kindOfBinary, looksBinary } from './magic.js';
import type { RowGroup } from '../../seeds/parquet/file.js';
import { isParquet, readRecords } from './parquet.js';
import { createPieceReader, type PieceReader } from './read-pieces.js';
import { isPacked, unpack } from './unpack.js';

/** The content of a file and the lines that were left out. */
export interface FoundContent {
  readonly content: TraceContent;
  readonly skipped: readonly Finding[];
  /** Has the records, if it was started; the content then has only the first ones. */
  readonly reader?: RecordReader;
  /** Closes the database of the content. */
  readonly close?: () => void;
}

/** The content of a file, or the reason why there is none. */
export type ReadContent =
  | FoundContent
  | { readonly content: undefined; readonly skipped: readonly Finding[]; readonly reason: string };

/**
 * Reads a file. Rejects only when a record reader throws.
 *
 * @param format the format of the file; recognised by content when left out
 * @param startReader starts what takes the records of a file with many of them; without it all records are kept
 * @param group the rows to read of a Parquet file; all when left out
 */
export type ContentReader = (
  path: string,
  format?: RolloutFormat,
  startReader?: StartReader,
  group?: RowGroup,
) => Promise<ReadContent>;

type StartReader = (format: RolloutFormat) => RecordReader | undefined;

/** @param formats for files of unknown format, in the order in which they are tried */
export function createContentReader(formats: readonly RolloutFormat[]): ContentReader {
  const readPieces = createPieceReader();
  const recognise = (records: readonly JsonObject[]): RolloutFormat | undefined =>
    recogniseFormat(formats, { kind: 'lines', records });

  async function readLines(
    path: string,
    format: RolloutFormat | undefined,
    startReader: StartReader,
  ): Promise<ReadContent> {
    let guess = format;
    let reader: RecordReader | undefined;
    let hasStarted = false;
    const lines = await linesOf(
      path,
      readPieces,
      (records) => {
        if (!guess && records.length < HEAD) guess = recognise(records);
        return guess?.skipFields;
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
    if (!lines.ok) return nothing(lines.error);
    const { records, lines: numbers, skipped, binary } = lines.value;
    if (records.length === 0) {
      return nothing(binary ?? (skipped.length > 0 ? 'no usable line' : 'empty file'), skipped);
    }
    const recognised = format ?? recognise(records);
    // The guess was wrong, and fields may be missing that the right format uses.
    if (guess && recognised && guess !== recognised) return readLines(path, recognised, startReader);
    const content = { kind: 'lines' as const, records, ...(numbers && { lines: numbers }) };
    return { content, skipped, ...(reader && { reader }) };
  }

  return async (path, format, startReader = () => undefined, group = undefined) => {
    if (group) return readRows(path, group);
    if (extensionOf(path) === '.json') {
      const whole = await readWhole(path);
      if (whole.ok) return { content: whole.value, skipped: [] };
      // JSON Lines under another name.
      const lines = whole.error === INVALID ? await readLines(path, format, startReader) : undefined;
      return lines?.content && recogniseFormat(formats, lines.content) ? lines : nothing(whole.error);
    }
    if (!TEXTS.test(path) && isDatabase(path)) return readDatabase(path);
    if (extensionOf(path) === '.parquet' && isParquet(path)) return readRows(path, undefined);
    const lines = await readLines(path, format, startReader);
    if (lines.content) return lines;
    const rows = isParquet(path) ? await readRows(path, undefined) : lines;
    if (rows.content) return rows;
    // A document or a list under another name.
    const whole = await readWhole(path);
    return whole.ok ? { content: whole.value, skipped: [] } : lines;
  };
}

/** Endings of files that are no database: they are not opened twice. */
const TEXTS = /\.(?:jsonl|ndjson|traj|zst|gz)$/i;

async function readRows(path: string, group: RowGroup | undefined): Promise<ReadContent> {
  const read = await readRecords(path, group);
  if (!read.ok) return nothing(read.error);
  const { records, lines, tooDeep } = read.value;
  const skipped: readonly Finding[] =
    tooDeep === 0 ? [] : [{ kind: 'skipped', reason: 'rows that are nested too deeply', count: tooDeep }];
  return records.length === 0
    ? nothing('no rows', skipped)
    : { content: { kind: 'lines', records, lines }, skipped };
}

const INVALID = 'not valid JSON';

async function readDatabase(path: string): Promise<ReadContent> {
  const opened = await openDatabase(path);
  if (!opened.ok) return nothing(opened.error);
  const { tables, rows, skipped, close } = opened.value;
  return { content: { kind: 'database', database: { tables, rows } }, skipped, close };
}

/** Every format recognises its own files by this many records. */
const HEAD = 20;

/** The JSON document in a file, or the reason why there is none. */
export async function readDocument(path: string): Promise<Result<JsonObject, string>> {
  const whole = await readWhole(path);
  if (!whole.ok) return whole;
  return whole.value.kind === 'document' ? ok(whole.value.document) : err('not a JSON object');
}

/** The document or the list in a file, or the reason why there is none. */
export async function readWhole(path: string): Promise<Result<TraceContent, string>> {
  const file = await readBytes(path);
  if (!file.ok) return file;
  const unpacked = await unpack(file.value);
  if (!unpacked.ok) return unpacked;
  const bytes = asUtf8(unpacked.value);
  const parsed = parseDocument(bytes);
  if (!parsed.ok) {
    const binary = kindOfBinary(bytes);
    return binary === undefined ? parsed : err(binary);
  }
  const { value } = parsed;
  return ok(isList(value) ? { kind: 'lines', records: value } : { kind: 'document', document: value });
}

function isList(value: JsonObject | readonly JsonObject[]): value is readonly JsonObject[] {
  return Array.isArray(value);
}

function nothing(reason: string, skipped: readonly Finding[] = []): ReadContent {
  return { content: undefined, skipped, reason };
}

interface FileLines extends JsonLines {
  /** What it is, if it is no text. */
  readonly binary: string | undefined;
}

/** The lines of a file, which is never in memory as a whole unless it has to be decoded. */
async function linesOf(
  path: string,
  readPieces: PieceReader,
  ...options: Parameters<typeof createLineReader>
): Promise<Result<FileLines, string>> {
  const reader = createLineReader(...options);
  let isFirst = true;
  let isEncoded = false;
  let binary: string | undefined;
  const done = await readPieces(path, (piece, isLast) => {
    // UTF-16 is full of NULs, and a file without a line feed is a single piece.
    if (isFirst) isEncoded = isPacked(piece) || (looksBinary(piece) && !isLast);
    if (isFirst && isLast && !isEncoded) takeWhole(asUtf8(piece));
    else if (!isEncoded) reader.read(piece);
    isFirst = false;
  });
  if (!done.ok) return done;
  if (isEncoded) {
    const whole = await readBytes(path);
    if (!whole.ok) return whole;
    const unpacked = await unpack(whole.value);
    if (!unpacked.ok) return unpacked;
    takeWhole(asUtf8(unpacked.value));
  }
  return ok({ ...reader.result(), binary });

  function takeWhole(bytes: Buffer): void {
    binary = kindOfBinary(bytes);
    reader.read(bytes);
  }
}

/** Node's own functions read no more than this. */
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
 * The bytes of a whole file as UTF-8 with line feeds: tools on Windows write UTF-16, and some end lines with
 * carriage returns alone.
 */
function asUtf8(bytes: Buffer): Buffer {
  const encoding = utf16Of(bytes);
  const text = encoding === undefined ? bytes : Buffer.from(new TextDecoder(encoding).decode(bytes));
  return text.includes('\n') ? text : withLineFeeds(text);
}

/**
 * Decided by the first characters, which in JSON are ASCII: in UTF-16 every other byte of them is 0. The byte-order
 * mark does not decide: it may be missing, and two odd bytes may be damage.
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
