/** A piece of a text; `isChanged` if the other text does not have it at this place. */
export interface DiffPiece {
  readonly text: string;
  readonly isChanged: boolean;
}

/** The work that a comparison may take, as a product of two numbers of words. */
const MOST_STEPS = 2_000_000;

/**
 * The words in which two texts differ, by their longest common subsequence. The pieces of each side make up its text.
 * What texts begin and end with alike is taken off first; if the rest is too long, all of it counts as changed.
 */
export function diffWords(
  before: string,
  after: string,
): readonly [readonly DiffPiece[], readonly DiffPiece[]] {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [isOldKept, isNewKept] = common(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const piecesOf = (words: readonly string[], kept: Uint8Array): readonly DiffPiece[] =>
    joined(
      words.map((text, index) => ({
        text,
        isChanged: index >= start && index < words.length - end && kept[index - start] === 0,
      })),
    );
  return [piecesOf(a, isOldKept), piecesOf(b, isNewKept)];
}

const wordsOf = (text: string): readonly string[] =>
  text.match(/\s+|[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu) ?? [];

/** Which words of each side are in the longest common subsequence: 1 for those that are. */
function common(a: readonly string[], b: readonly string[]): readonly [Uint8Array, Uint8Array] {
  const kept = [new Uint8Array(a.length), new Uint8Array(b.length)] as const;
  if (a.length * b.length > MOST_STEPS) return kept;
  // The length of the longest one of what is behind each pair of places.
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const lengthAt = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        a[i] === b[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
  for (let [i, j] = [0, 0]; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      kept[0][i] = kept[1][j] = 1;
      i += 1;
      j += 1;
    } else if (lengthAt(i + 1, j) >= lengthAt(i, j + 1)) i += 1;
    else j += 1;
  }
  return kept;
}

/** Neighbours of one kind as one piece; a space between two changed words is changed with them. */
function joined(words: readonly DiffPiece[]): readonly DiffPiece[] {
  const pieces: DiffPiece[] = [];
  for (const [index, { text, isChanged }] of words.entries()) {
    const isBetween =
      text.trim() === '' && pieces.at(-1)?.isChanged === true && words[index + 1]?.isChanged === true;
    const kind = isChanged || isBetween;
    const last = pieces.at(-1);
    if (last?.isChanged === kind) pieces[pieces.length - 1] = { text: last.text + text, isChanged: kind };
    else pieces.push({ text, isChanged: kind });
  }
  return pieces;
}
