import { distance } from 'fastest-levenshtein';

/** Longer words are not compared: the edit distance takes quadratic time. */
const LONGEST_WORD = 100;

/** The most similar candidate, if one is similar enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = tolerance(word) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word, candidate);
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
}

/** `did you mean …?`, or `undefined` when no candidate is similar. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

/** `did you mean …?` when a candidate is similar, else the list of candidates. */
export function didYouMeanOneOf(word: string, candidates: readonly string[]): string | undefined {
  return didYouMean(word, candidates) ?? oneOf(candidates);
}

/** True for a name that a template can read as it is. */
export const isWord = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name);

/** A column whose name is no word, as Jinja reads it: `row["Review text"]`. */
export const rowAccess = (name: string): string => (name.includes('"') ? `row['${name}']` : `row["${name}"]`);

/** As `correction`, for the name of a column in Jinja or JSONata: a name that is no word is written as it is read. */
export function columnCorrection(word: string, names: readonly string[], isJsonata: boolean): Correction {
  if (word === 'row' && !isJsonata)
    return { hint: 'read a column by its name, or with row["name"] when the name is no word' };
  const meant = nearest(word, names);
  // A word that is none was written in quotes already.
  if (meant === undefined || isWord(meant) || !isWord(word)) return correction(word, names);
  return isJsonata
    ? { hint: `did you mean \`${meant}\`? Backticks belong to such a name` }
    : { hint: `did you mean \`${rowAccess(meant)}\`?` };
}

/** The hint for a misspelt word and, when exactly one candidate is likely, the fix. */
export interface Correction {
  readonly hint?: string;
  readonly fix?: { readonly replace: string; readonly instead: string };
}

/** As `didYouMeanOneOf`, to be spread into a problem that points at `word` itself. */
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
  return others.some((other) => editDistance(word, other) <= editDistance(word, meant)) ? undefined : meant;
}

const MOST_LISTED = 8;

function oneOf(candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const listed = candidates.slice(0, MOST_LISTED).map((candidate) => `\`${candidate}\``);
  const more = candidates.length > MOST_LISTED ? ', …' : '';
  return `${candidates.length === 1 ? 'there is only' : 'one of'} ${listed.join(', ')}${more}`;
}

/**
 * The edit distance (Levenshtein) of two words; -1 for the same word. Case and separators are ignored; transposed
 * letters, or a missing end, count as one edit.
 */
function editDistance(word: string, candidate: string): number {
  if (word === candidate) return -1;
  const [a, b] = [plain(word), plain(candidate)];
  if (a === b) return 0;
  if (a.length >= 4 && (b.startsWith(a) || letters(a) === letters(b))) return 1;
  return distance(a, b);
}

const letters = (word: string): string => [...word].toSorted().join('');

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_. ]/g, '');

/** One edit for every three letters: `promt` can mean `prompt`, but `b` cannot mean `a`. */
const tolerance = (word: string): number => Math.min(4, Math.floor(word.length / 3));
