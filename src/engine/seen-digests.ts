/** Which digests have come before. */
export interface SeenDigests {
  /** Notes a digest; false when it was noted before. */
  add(digest: string): boolean;
}

const FIRST_SIZE = 1024;

/**
 * Keeps 64 bits of each digest, 11 to 22 bytes with the room between them; a Set of the texts takes over a hundred,
 * and a run may have millions of rows. That any two of a million have the same 64 bits happens to one set of rows
 * in ten million.
 *
 * Digests are texts of at least 22 characters that were made by a cryptographic hash.
 */
export function createSeenDigests(): SeenDigests {
  /** Two words a digest, at or behind the place that the first word gives; none is there where both are 0. */
  let words = new Uint32Array(2 * FIRST_SIZE);
  let count = 0;

  function put(high: number, low: number): boolean {
    const mask = words.length / 2 - 1;
    for (let at = high & mask; ; at = (at + 1) & mask) {
      const [there, below] = [words[2 * at], words[2 * at + 1]];
      if (there === high && below === low) return false;
      if (there !== 0 || below !== 0) continue;
      words[2 * at] = high;
      words[2 * at + 1] = low;
      return true;
    }
  }

  function grow(): void {
    const before = words;
    words = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) put(high, low);
    }
  }

  return {
    add(digest) {
      if (4 * count >= 3 * (words.length / 2)) grow();
      const isNew = put(wordOf(digest, 0), wordOf(digest, 11) || 1);
      if (isNew) count += 1;
      return isNew;
    },
  };
}

/** 32 bits of eleven characters, after Fowler, Noll and Vo. */
function wordOf(digest: string, from: number): number {
  let word = 0x811c9dc5;
  for (let at = from; at < from + 11; at += 1) word = Math.imul(word ^ digest.charCodeAt(at), 0x01000193);
  return word >>> 0;
}
