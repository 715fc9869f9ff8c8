import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn, type JsonObject } from '../core/json.js';
import { partFile, TornLine } from './read-rows.js';

/** Where a line is. Rows are kept like this where all of them would fill the memory. */
export interface LinePlace {
  /** The part of the dataset, or `failures` for `failures.jsonl`, `rejected` for `rejected.jsonl`. */
  readonly file: number | 'failures' | 'rejected';
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface PlacedRow {
  readonly row: JsonObject;
  readonly place: LinePlace;
}

const LINE_FEED = 10;

/** The rows of all parts in order, with their places. Throws `TornLine` for a line that is no JSON object. */
export async function* placedRows(folder: string, parts: number): AsyncGenerator<PlacedRow> {
  for (let part = 0; part < parts; part += 1) yield* placedLines(folder, part);
}

/** The objects of one file, with their places. Throws `TornLine` for a line that is no JSON object. */
export async function* placedLines(folder: string, file: LinePlace['file']): AsyncGenerator<PlacedRow> {
  const path = pathOf(folder, file);
  let offset = 0;
  let number = 0;
  for await (const line of bytesOfLines(path)) {
    number += 1;
    const row = rowIn(line, path, number);
    yield { row, place: { file, offset, length: line.length } };
    offset += line.length + 1;
  }
}

/** Lines as bytes, without their line feeds. */
async function* bytesOfLines(path: string): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const tail = chunk.subarray(from, end);
      yield begun.length === 0 ? tail : Buffer.concat([...begun, tail]);
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}

/** Reads single lines again; files stay open until `close`. */
export interface LineReader {
  read(place: LinePlace): Promise<JsonObject>;
  close(): Promise<void>;
}

export function openLineReader(folder: string): LineReader {
  const handles = new Map<LinePlace['file'], Promise<FileHandle>>();
  return {
    async read({ file, offset, length }) {
      const path = pathOf(folder, file);
      const handle = handles.get(file) ?? open(path, 'r');
      handles.set(file, handle);
      const bytes = Buffer.alloc(length);
      await (await handle).read(bytes, 0, length, offset);
      return rowIn(bytes, path);
    },
    async close() {
      for (const handle of handles.values()) await (await handle).close();
    },
  };
}

function rowIn(line: Buffer, path: string, number?: number): JsonObject {
  const value = jsonIn(line.toString());
  if (!isObject(value)) throw new TornLine(path, number);
  return value;
}

const pathOf = (folder: string, file: LinePlace['file']): string =>
  typeof file === 'string' ? join(folder, `${file}.jsonl`) : partFile(folder, file);
