import { distance } from 'fastest-levenshtein';

/** Nobody mistypes a word this long, and comparing grows with the square of the length. */
const LONGEST_WORD = 100;

/** The candidate that was probably meant, if one is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = tolerance(word) + 1;
  for (const candidate of candidates) {
    const away = apart(word, candidate);
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

/** `did you mean …?`, or `undefined` when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** `did you mean …?` when one is near, else all that there are, so that the hint is never empty-handed. */
export function didYouMeanOneOf(word: string, candidates: readonly string[]): string | undefined {
  return didYouMean(word, candidates) ?? oneOf(candidates);
}

/** What to say of a misspelt word and, where exactly one other can be meant, what to write instead. */
export interface Correction {
  readonly hint?: string;
  readonly fix?: { readonly replace: string; readonly instead: string };
}

/** As `didYouMeanOneOf`, for spreading into a problem that points at `word` itself. */
export function correction(word: string, candidates: readonly string[], otherwise?: string): Correction {
  const hint = didYouMean(word, candidates) ?? otherwise ?? oneOf(candidates);
  const meant = onlyNearest(word, candidates);
  return {
    ...(hint === undefined ? {} : { hint }),
    ...(meant === undefined ? {} : { fix: { replace: meant, instead: word } }),
  };
}

function onlyNearest(word: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(word, candidates);
  if (meant === undefined) return undefined;
  const others = candidates.filter((candidate) => candidate !== meant);
  return others.some((other) => apart(word, other) <= apart(word, meant)) ? undefined : meant;
}

const MOST_LISTED = 8;

function oneOf(candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const listed = candidates.slice(0, MOST_LISTED).map((candidate) => `\`${candidate}\``);
  const more = candidates.length > MOST_LISTED ? ', …' : '';
  return `${candidates.length === 1 ? 'there is only' : 'one of'} ${listed.join(', ')}${more}`;
}

/** Edits between two words; the same word is nearer than any other. Case and separators are none; letters that changed places, or a lost end, are one. */
function apart(word: string, candidate: string): number {
  if (word === candidate) return -1;
  const [a, b] = [plain(word), plain(candidate)];
  if (a === b) return 0;
  if (a.length >= 4 && (b.startsWith(a) || letters(a) === letters(b))) return 1;
  return distance(a, b);
}

const letters = (word: string): string => [...word].toSorted().join('');

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_. ]/g, '');

/** One edit for every three letters: `b` is no misspelling of `a`, `promt` is one of `prompt`. */
const tolerance = (word: string): number => Math.min(4, Math.floor(word.length / 3));
