import type { JsonObject } from '../../core/json.js';
import { typeMismatchFinder } from '../../dataset/parquet-schema.js';
import { applyEdits, createRowKeys, madeHash, readReviews, type Review } from '../../dataset/reviews.js';
import type { OutputColumn } from '../../engine/types.js';

/** A row as people reviewed it. */
export interface ReviewedRow {
  /** With corrected answers in their places. */
  readonly row: JsonObject;
  /** What conditions read as `review`: without a review, `verdict` and `note` are null. */
  readonly review: JsonObject;
  /** Why the row is left out. */
  readonly against?: string;
}

export interface ReviewedRows {
  /** Must get every row of the dataset, in order. */
  read(row: JsonObject): ReviewedRow;
  /** Reviews that were not used, in words. */
  notes(): readonly string[];
}

/**
 * Reads the reviews of a dataset. A review of answers that the row has no more, because a later run made others, is
 * not used: neither its verdict nor its corrections are about these.
 */
export async function readReviewedRows(
  folder: string,
  columns: readonly OutputColumn[],
): Promise<ReviewedRows> {
  const reviews = await readReviews(folder);
  const keyOf = createRowKeys(columns);
  const mismatchOf = typeMismatchFinder(columns);
  let outdated = 0;
  return {
    read(row) {
      const found = reviews.get(keyOf(row));
      const isOutdated = found !== undefined && found.made !== madeHash(row, columns);
      if (isOutdated) outdated += 1;
      const review = isOutdated ? undefined : found;
      const edited = applyEdits(row, review);
      const mismatch = edited === row ? undefined : mismatchOf(edited);
      const against =
        review?.verdict === 'drop'
          ? 'its reviewer dropped it'
          : mismatch && `a correction is not of its column's type: ${mismatch.message}`;
      return {
        row: edited,
        review: conditionValue(review),
        ...(against !== undefined && { against }),
      };
    },
    notes: () =>
      outdated === 0
        ? []
        : [`${outdated} review${outdated === 1 ? ' is' : 's are'} of earlier answers, and not used`],
  };
}

const conditionValue = (review: Review | undefined): JsonObject => ({
  verdict: review?.verdict ?? null,
  note: review?.note ?? null,
  scores: review?.scores ?? {},
  edited: Object.keys(review?.edits ?? {}).length > 0,
});
