import { join } from 'node:path';
import { isObject, jsonIn, type JsonObject } from '../core/json.js';
import { linesOf } from '../core/read-lines.js';

/** A line of a dataset that is not a complete JSON object. */
export class TornLine extends Error {
  /** @param line counted from 1; left out when the file changed after the line was found */
  constructor(file: string, line?: number) {
    super(line === undefined ? `${file} changed while it was read` : `${file}: line ${line} is damaged`);
  }
}

/** The rows of a dataset in order, one at a time. Throws `TornLine` for a line that is no JSON object. */
export async function* readRows(folder: string, parts: number): AsyncGenerator<JsonObject> {
  for (let part = 0; part < parts; part += 1) yield* readLines(partFile(folder, part));
}

/** The JSON Lines of a part of a dataset. */
export const partFile = (folder: string, part: number): string =>
  join(folder, 'data', `part-${String(part).padStart(5, '0')}.jsonl`);

/** The objects of a JSON Lines file. */
export async function* readLines(file: string): AsyncGenerator<JsonObject> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    yield parseLine(line, file, number);
  }
}

function parseLine(line: string, file: string, number: number): JsonObject {
  const value = jsonIn(line);
  if (!isObject(value)) throw new TornLine(file, number);
  return value;
}
