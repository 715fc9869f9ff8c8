import type { JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import {
  writtenRows,
  type AliasUsage,
  type Metadata,
  type RowCounts,
  type RunStatus,
  type Spent,
} from '../metadata.js';
import { scoresIn, type Score } from '../scores.js';
import { createAgreementCounter, type Agreement } from './agreement.js';
import { createColumnCounter, type ColumnReport } from './column-report.js';
import { createDuplicateCounter, type DuplicateReport } from './duplicates.js';
import type { FailureReport } from './failures.js';
import { createNumberSummary, type Bin, type Summary } from './numbers.js';
import type { Review } from '../reviews.js';
import { createReviewCounter, type ReviewReport } from './review-report.js';
import { createSeriesPairs, type Correlation } from './pairs.js';
import { createValidityCounter, type ValidityReport } from './validity.js';
import { createValueCounter, type ValueCount } from './values.js';

/** A dataset in numbers: what `dd report --format json` prints. */
export interface DatasetReport {
  /** Of this shape: keys may be added without a new version. */
  readonly version: 1;
  readonly dataset: string;
  readonly recipe: string;
  readonly status: RunStatus;
  readonly fabricated: boolean;
  readonly finished_at: string;
  readonly rows: RowCounts;
  /** Rows that the processors of the recipe left; absent where there are none. */
  readonly written?: number;
  readonly columns: readonly ColumnReport[];
  readonly scores: readonly ScoreReport[];
  /** Of `validation` columns; absent where there are none. */
  readonly validity?: readonly ValidityReport[];
  /** Between scores, numbers and verdicts (`true` is 1), except for copies of a score; the strongest first. */
  readonly correlations: readonly Omit<Correlation, 'equal'>[];
  /** Of judges with each other, and of judges with people. */
  readonly agreement: readonly Agreement[];
  readonly reviews: ReviewReport;
  readonly failures: FailureReport;
  /** The spending on all answers of the dataset. */
  readonly spent: Spent;
  readonly usage: readonly AliasUsage[];
  readonly duplicates: DuplicateReport;
}

/** One score of a judge. */
export interface ScoreReport {
  /** `judge.depth` */
  readonly name: string;
  readonly numbers?: Summary;
  readonly histogram?: readonly Bin[];
  /** Of scores that are words. */
  readonly values?: readonly ValueCount[];
  /** Columns with the same number in each row. */
  readonly copies: readonly string[];
}

/** Adds up rows one at a time: the memory does not depend on how many there are. */
export interface ReportBuilder {
  add(row: JsonObject): void;
  report(failures: FailureReport): DatasetReport;
}

/** @param duplicatesBy the columns whose text is compared; without them, the texts that the recipe made */
export function createReport(
  metadata: Metadata,
  duplicatesBy?: readonly string[],
  reviews: ReadonlyMap<string, Review> = new Map(),
): ReportBuilder {
  const columns = metadata.columns.map((column) => ({ column, counter: createColumnCounter(column) }));
  const made = metadata.columns.filter(({ from }) => from === 'column');
  const scores = createScoreCounters();
  const validity = createValidityCounter();
  const pairs = createSeriesPairs();
  const agreement = createAgreementCounter();
  const reviewed = createReviewCounter(metadata.columns, reviews);
  const duplicates = createDuplicateCounter(duplicatesBy ?? comparedColumns(made));
  return {
    add(row) {
      for (const { column, counter } of columns) counter.add(row[column.name]);
      const given = new Map(made.map(({ name }) => [name, scoresIn(row[name])]));
      scores.add(given);
      for (const { name } of made) validity.add(name, row[name]);
      agreement.add(given);
      pairs.add(numbersOf(row, made, given));
      duplicates.add(row);
      reviewed.add(row);
    },
    report(failures) {
      const correlations = pairs.correlations();
      const names = scores.names();
      const valid = validity.reports();
      const copies = copiesOf(correlations, names);
      const areCopies = new Set([...copies.values()].flat());
      return {
        version: 1,
        dataset: metadata.dataset,
        recipe: metadata.recipe.name,
        status: metadata.status,
        fabricated: metadata.fabricated,
        finished_at: metadata.finished_at,
        rows: metadata.rows,
        ...(metadata.processors && { written: writtenRows(metadata) }),
        columns: columns.map(({ counter }) => counter.report()),
        scores: scores.reports(copies),
        ...(valid.length > 0 && { validity: valid }),
        correlations: correlations
          .filter(({ a, b }) => !areCopies.has(a) && !areCopies.has(b))
          .map(({ equal: _equal, ...correlation }) => correlation)
          .toSorted((one, other) => strength(other) - strength(one)),
        agreement: [...agreement.agreements(), ...reviewed.agreements()],
        reviews: reviewed.report(),
        failures,
        spent: metadata.cost.dataset,
        usage: metadata.usage,
        duplicates: duplicates.report(),
      };
    },
  };
}

/** Rounded, so that pairs that are as strong stay in their order. */
const strength = ({ pearson }: Pick<Correlation, 'pearson'>): number =>
  pearson === null ? -1 : Math.round(Math.abs(pearson) * 1e9);

/** Texts that the recipe made, labels left out; all that it made when there are none. */
function comparedColumns(made: readonly OutputColumn[]): readonly string[] {
  const texts = made.filter(
    ({ schema: { type, enum: labels } }) => type === 'string' && labels === undefined,
  );
  return (texts.length > 0 ? texts : made).map(({ name }) => name);
}

function numbersOf(
  row: JsonObject,
  made: readonly OutputColumn[],
  given: ReadonlyMap<string, readonly Score[]>,
): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [column, scores] of given)
    for (const { name, score } of scores)
      if (typeof score === 'number') numbers.set(`${column}.${name}`, score);
  for (const { name } of made) {
    const value = row[name];
    if (typeof value === 'number' || typeof value === 'boolean') numbers.set(name, Number(value));
  }
  return numbers;
}

/** The columns that copy a score, by its name: recipes take scores out of a judge's cell. */
function copiesOf(
  correlations: readonly Correlation[],
  scores: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const copies = new Map<string, readonly string[]>();
  for (const { a, b, equal } of correlations)
    if (equal && scores.includes(a) && !scores.includes(b)) copies.set(a, [...(copies.get(a) ?? []), b]);
  return copies;
}

interface ScoreCounters {
  add(given: ReadonlyMap<string, readonly Score[]>): void;
  names(): readonly string[];
  reports(copies: ReadonlyMap<string, readonly string[]>): readonly ScoreReport[];
}

function createScoreCounters(): ScoreCounters {
  const newCounter = () => ({ numbers: createNumberSummary(), values: createValueCounter() });
  const counters = new Map<string, ReturnType<typeof newCounter>>();
  return {
    add(given) {
      for (const [column, scores] of given)
        for (const { name, score } of scores) {
          const key = `${column}.${name}`;
          const counter = counters.get(key) ?? newCounter();
          counters.set(key, counter);
          if (typeof score === 'number') counter.numbers.add(score);
          else counter.values.add(score);
        }
    },
    names: () => [...counters.keys()],
    reports: (copies) =>
      Array.from(counters, ([name, { numbers, values }]) => {
        const summary = numbers.summary();
        const counts = values.counts();
        return {
          name,
          ...(summary && { numbers: summary, histogram: numbers.histogram() }),
          ...(counts && { values: counts }),
          copies: copies.get(name) ?? [],
        };
      }),
  };
}
