import { createReadStream } from 'node:fs';

/**
 * The lines of a text file, one at a time, without their ends. Only a line feed ends one: Node's readline also
 * breaks at U+2028 (in its later versions), which stands as it is in JSON.
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
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
