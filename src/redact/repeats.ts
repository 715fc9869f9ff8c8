/**
 * The same secret again: a value that was recognised by its name (`TOKEN=…` in an `.env` file) is replaced wherever
 * else the row has it (an argument of a later command), by the same mark.
 */
import { looksRandom } from './judgement.js';
import { isWordStart } from './sticky.js';
import { markOf, type RedactedText } from './text.js';

/** At most this many secrets of a row are looked for again, so that the time stays linear. */
const MOST = 64;

export interface Repeats {
  readonly size: number;
  add(findings: RedactedText['findings']): void;
  /** The text without the secrets known so far; the same text when it has none. */
  replaceIn(text: string, count: (kind: string) => void): string;
}

export function createRepeats(): Repeats {
  const kinds = new Map<string, string>();
  return {
    get size() {
      return kinds.size;
    },
    add(findings) {
      for (const { kind, value } of findings) {
        if (kinds.size < MOST && looksRandom(value)) kinds.set(value, kinds.get(value) ?? kind);
      }
    },
    replaceIn(text, count) {
      let result = text;
      for (const [value, kind] of kinds) {
        if (result.includes(value)) result = replaced(result, value, () => (count(kind), markOf(kind)));
      }
      return result;
    },
  };
}

const WORD = /\w/;

function replaced(text: string, value: string, mark: () => string): string {
  let result = '';
  let done = 0;
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length)) {
    const end = at + value.length;
    if (!isWordStart(text, at) || WORD.test(text.charAt(end))) continue;
    result += text.slice(done, at) + mark();
    done = end;
  }
  return result + text.slice(done);
}
