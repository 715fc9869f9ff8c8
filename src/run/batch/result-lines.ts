import { createReadStream } from 'node:fs';
import { longestResponse } from '../../models/wire/http-fetch.js';

/**
 * The lines of a file of results, one at a time. The file is as its provider made it: `undefined` stands for a line
 * that is longer than any response may be.
 */
export async function* readLines(
  file: string,
  longest = longestResponse,
): AsyncGenerator<string | undefined> {
  let begun: string[] = [];
  let length = 0;
  const end = (): string | undefined => {
    const line = length > longest ? undefined : begun.join('');
    begun = [];
    length = 0;
    return line;
  };
  const add = (piece: string): void => {
    length += piece.length;
    if (length <= longest) begun.push(piece);
  };
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const [first = '', ...others] = chunk.split('\n');
    add(first);
    for (const next of others) {
      const line = end();
      if (line !== '') yield line;
      add(next);
    }
  }
  const last = end();
  if (last !== '') yield last;
}
