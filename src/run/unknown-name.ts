import { didYouMeanOneOf } from '../core/suggest.js';
import type { RunProblem } from './problem.js';

/** The problem of a name that is none of the candidates. Its hint is the most similar one, or all of them. */
export function unknownName(message: string, name: string, candidates: readonly string[]): RunProblem {
  const hint = didYouMeanOneOf(name, candidates);
  return { message, ...(hint !== undefined && { hint }) };
}
