import { createReadStream } from 'node:fs';

/**
 * The lines of a text file, one at a time, without their line ends. Only a line feed ends a line: newer versions of
 * Node's readline also split at U+2028, which JSON strings may contain.
 */
export function linesOf(file: string): AsyncGenerator<string> {
  return linesIn(createReadStream(file, 'utf8') as AsyncIterable<string>);
}

/** The lines of a text that comes in chunks. */
export function linesIn(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  return linesUpTo(chunks, Infinity) as AsyncGenerator<string>;
}

/** The same of a text that others made: `undefined` stands for a line of more than `longest` characters. */
export async function* linesUpTo(
  chunks: AsyncIterable<string>,
  longest: number,
): AsyncGenerator<string | undefined> {
  let begun: string[] = [];
  let length = 0;
  const add = (piece: string): void => {
    length += piece.length;
    if (length <= longest) begun.push(piece);
    else begun = [];
  };
  const end = (): string | undefined => {
    const line = length > longest ? undefined : begun.join('');
    begun = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    add(first);
    for (const next of others) {
      yield end();
      add(next);
    }
  }
  const last = end();
  if (last !== '') yield last;
}
