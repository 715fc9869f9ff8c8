/** Rows in temporary files, for processors that need all rows before they pass on the first. */
import { open, type FileHandle } from 'node:fs/promises';
import type { JsonObject } from '../core/json.js';
import { linesOf } from '../core/read-lines.js';
import type { PassingRow } from './types.js';

/** Lines that are written to a file, many at a time. */
export interface LineFile {
  add(line: string): Promise<void>;
  close(): Promise<void>;
}

const WRITE_CHARACTERS = 2 ** 18;

/** Begins a file of lines. */
export async function openLines(path: string): Promise<LineFile> {
  const file: FileHandle = await open(path, 'w');
  let lines: string[] = [];
  let characters = 0;
  const write = async (): Promise<void> => {
    const text = lines.join('');
    [lines, characters] = [[], 0];
    await file.appendFile(text);
  };
  return {
    async add(line) {
      lines.push(line, '\n');
      characters += line.length;
      if (characters >= WRITE_CHARACTERS) await write();
    },
    async close() {
      await write();
      await file.close();
    },
  };
}

/** A row as a line. */
export const lineOf = ({ number, row }: PassingRow): string => JSON.stringify([number, row]);

/** The row of a line of `lineOf`. */
export function rowOf(line: string): PassingRow {
  const [number, row] = JSON.parse(line) as [number, JsonObject];
  return { number, row };
}

/** The rows of a file of `lineOf` lines. */
export async function* rowsOf(path: string): AsyncGenerator<PassingRow> {
  for await (const line of linesOf(path)) yield rowOf(line);
}
