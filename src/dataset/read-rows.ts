import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../json.js';

/** A line of a dataset that cannot be read. */
export class TornLine extends Error {
  constructor(file: string, line: number) {
    super(`${file}: line ${line} is torn`);
  }
}

/** The rows of a dataset in order, one at a time. Throws `TornLine` for a line that is no JSON object. */
export async function* readRows(folder: string, parts: number): AsyncGenerator<JsonObject> {
  for (let part = 0; part < parts; part += 1)
    yield* readLines(join(folder, 'data', `part-${String(part).padStart(5, '0')}.jsonl`));
}

/** The objects of a JSON Lines file. */
export async function* readLines(file: string): AsyncGenerator<JsonObject> {
  const handle = await open(file);
  let number = 0;
  try {
    for await (const line of handle.readLines()) {
      number += 1;
      yield parseLine(line, file, number);
    }
  } finally {
    await handle.close();
  }
}

function parseLine(line: string, file: string, number: number): JsonObject {
  try {
    return JSON.parse(line) as JsonObject;
  } catch {
    throw new TornLine(file, number);
  }
}
