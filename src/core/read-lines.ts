import { createReadStream } from 'node:fs';

/**
 * The lines of a text file, one at a time, without their line ends. Only a line feed ends a line: newer versions of
 * Node's readline also split at U+2028, which JSON strings may contain.
 */
export function linesOf(file: string): AsyncGenerator<string> {
  return linesIn(createReadStream(file, 'utf8') as AsyncIterable<string>);
}

/** The lines of a text that comes in chunks. */
export async function* linesIn(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    begun.push(first);
    for (const next of others) {
      yield begun.join('');
      begun = [next];
    }
  }
  const last = begun.join('');
  if (last !== '') yield last;
}
