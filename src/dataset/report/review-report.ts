import type { JsonObject } from '../../core/json.js';
import { createRowKeys, madeHash, type Review } from '../reviews.js';
import type { OutputColumn } from '../../engine/types.js';
import { scoresIn } from '../scores.js';
import { createAgreementCounter, type Agreement } from './agreement.js';

/** What people decided about the rows. */
export interface ReviewReport {
  /** Rows with a review. */
  readonly rows: number;
  readonly kept: number;
  readonly dropped: number;
  readonly edited: number;
  /** Reviews of earlier answers: these are not compared with the judges. */
  readonly outdated: number;
}

export interface ReviewCounter {
  add(row: JsonObject): void;
  report(): ReviewReport;
  /** Of a judge's score and the score that a person gave in its place: `judge.depth` and `person.depth`. */
  agreements(): readonly Agreement[];
}

/** @param reviews by the keys of their rows */
export function createReviewCounter(
  columns: readonly OutputColumn[],
  reviews: ReadonlyMap<string, Review>,
): ReviewCounter {
  const keyOf = createRowKeys(columns);
  const agreement = createAgreementCounter();
  const counts = { rows: 0, kept: 0, dropped: 0, edited: 0, outdated: 0 };
  const compare = (row: JsonObject, own: NonNullable<Review['scores']>): void => {
    for (const { name: column } of columns)
      for (const given of scoresIn(row[column])) {
        const score = own[`${column}.${given.name}.score`];
        if (score === undefined) continue;
        const person = { name: given.name, score, reasoning: '' };
        agreement.add(
          new Map([
            [column, [given]],
            ['person', [person]],
          ]),
        );
      }
  };
  return {
    add(row) {
      if (reviews.size === 0) return;
      const review = reviews.get(keyOf(row));
      if (!review) return;
      counts.rows += 1;
      if (review.verdict === 'keep') counts.kept += 1;
      if (review.verdict === 'drop') counts.dropped += 1;
      if (review.edits) counts.edited += 1;
      if (review.made !== madeHash(row, columns)) counts.outdated += 1;
      else if (review.scores) compare(row, review.scores);
    },
    report: () => ({ ...counts }),
    agreements: () => agreement.agreements(),
  };
}
