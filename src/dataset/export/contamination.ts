import { wordsOf, mixed, type Word } from '../../core/words.js';

/**
 * Finds texts that share a run of words with a test set. 13 words without regard to case and punctuation, as for
 * GPT-3 ("Language Models are Few-Shot Learners", appendix C); a test text of fewer words, but at least 8, is one
 * run. Runs are compared by hashes of 53 bits, which takes about 50 bytes of memory for each word of the test set.
 */
export interface ContaminationFinder {
  /** The first run that a text shares with a test text. */
  find(text: string): Contamination | undefined;
  /** Test texts that are too short to be looked for. */
  readonly tooShort: number;
}

export interface Contamination {
  /** Words that both have, as the text has them. */
  readonly shared: string;
  readonly of: TestText;
}

/** A text of a test set, and where it is. */
export interface TestText {
  readonly text: string;
  readonly file: string;
  /** Counted from 1: the line of a JSON Lines file, the row of a table or a list. */
  readonly row: number;
}

export const DEFAULT_RUN = 13;
const SHORTEST_RUN = 8;

export function createContaminationFinder(
  tests: readonly TestText[],
  run = DEFAULT_RUN,
): ContaminationFinder {
  /** For each length of runs: the hashes, with the number of the test text. */
  const byLength = new Map<number, Map<number, number>>();
  let tooShort = 0;
  for (const [number, { text }] of tests.entries()) {
    const words = wordsOf(text);
    const length = Math.min(run, words.length);
    if (length < Math.min(run, SHORTEST_RUN)) tooShort += words.length > 0 ? 1 : 0;
    else {
      const runs = byLength.get(length) ?? new Map<number, number>();
      byLength.set(length, runs);
      for (const hash of runHashes(words, length)) if (!runs.has(hash)) runs.set(hash, number);
    }
  }
  return {
    tooShort,
    find(text) {
      const words = wordsOf(text);
      for (const [length, runs] of byLength) {
        const hashes = runHashes(words, length);
        const first = hashes.findIndex((hash) => runs.has(hash));
        const of = tests[runs.get(hashes[first] ?? -1) ?? -1];
        if (!of) continue;
        const end = hashes.findIndex((hash, at) => at > first && !runs.has(hash));
        const last = (end === -1 ? hashes.length : end) - 1;
        const to = words[last + length - 1]?.end ?? text.length;
        return { shared: text.slice(words[first]?.start ?? 0, to), of };
      }
      return undefined;
    },
  };
}

/** The hash of every run of so many words: two rolling hashes (Rabin-Karp) of 32 bits, of which 53 are kept. */
function runHashes(words: readonly Word[], length: number): readonly number[] {
  const [high, low] = [rolling(words, length, 0x01000193, 0), rolling(words, length, 0x85ebca6b, 0x9e3779b9)];
  return high.map((hash, at) => hash * 2 ** 21 + ((low[at] ?? 0) >>> 11));
}

function rolling(words: readonly Word[], length: number, base: number, salt: number): readonly number[] {
  const valueAt = (at: number): number => mixed((words[at]?.hash ?? 0) ^ salt);
  let leading = 1;
  for (let at = 0; at < length; at += 1) leading = Math.imul(leading, base);
  const hashes: number[] = [];
  let hash = 0;
  for (let at = 0; at < words.length; at += 1) {
    hash = Math.imul(hash, base) + valueAt(at);
    if (at >= length) hash -= Math.imul(leading, valueAt(at - length));
    if (at >= length - 1) hashes.push(mixed(hash));
    hash |= 0;
  }
  return hashes;
}
