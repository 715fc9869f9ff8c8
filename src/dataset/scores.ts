import { isObject, type Json } from '../core/json.js';

/** A score that a judge gave, as `llm-judge` columns have it: `{ depth: { score: 4, reasoning: '…' } }`. */
export interface Score {
  /** `depth` */
  readonly name: string;
  readonly score: number | string;
  readonly reasoning: string;
}

/** The scores in a cell; none when it has anything else. */
export function scoresIn(value: Json | undefined): readonly Score[] {
  if (!isObject(value)) return [];
  const entries = Object.entries(value);
  const scores = entries.flatMap(([name, verdict]): readonly Score[] => {
    if (!isObject(verdict)) return [];
    const { score, reasoning } = verdict;
    if (typeof score !== 'number' && typeof score !== 'string') return [];
    return [{ name, score, reasoning: typeof reasoning === 'string' ? reasoning : '' }];
  });
  return scores.length === entries.length ? scores : [];
}
