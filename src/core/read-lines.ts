import { createReadStream } from 'node:fs';

/**
 * The lines of a text file, one at a time, without their ends. Only a line feed ends one: Node's readline also
 * breaks at U+2028 (in its later versions), which stands as it is in JSON.
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
