import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { linesOf } from '../../core/read-lines.js';
import { RUNNING } from '../../dataset/folders.js';
import { readMetadata } from '../../dataset/metadata.js';
import { REJECTED } from '../../dataset/writer.js';
import { createRowKeys, madeHash, readReviews, REVIEWS, type Review } from '../../dataset/reviews.js';
import { storedValue } from '../query/columns.js';
import { describeColumns, firstShown, type DatasetColumn } from '../query/describe.js';
import { createRowPrints, type RowPrints } from '../query/pairs.js';
import { setReview } from '../query/reviewed.js';
import type { ShownReview, ViewColumn } from '../query/types.js';
import { openDatasetIndex, type DatasetIndex } from './dataset-index.js';

/** Where a dataset is, and where its next version is written. */
export interface DatasetPlace {
  readonly name: string;
  readonly folder: string;
  readonly staging: string;
  /** Held while it is written. */
  readonly lock: string;
}

/** One version of a dataset: its rows, and what people said about them. */
export interface Session {
  /** Says which version it is: changes when another one takes its place. */
  readonly stamp: string;
  readonly folder: string;
  readonly status: string;
  readonly recipe: string;
  readonly fabricated: boolean;
  readonly columns: readonly DatasetColumn[];
  readonly shown: readonly ViewColumn[];
  readonly index: DatasetIndex;
  readonly reviews: ReadonlyMap<string, Review>;
  /** Of the rows whose columns were read; only where the dataset can be compared with another. */
  readonly prints: RowPrints | undefined;
  /** Name of a row in reviews; `undefined` while its columns are not read yet. */
  keyOf(row: number): string | undefined;
  /** Takes in a review that was saved. */
  note(review: Review): Promise<void>;
  /** Reads the reviews again if their file has changed. Returns whether it has. */
  lookAtReviews(): Promise<boolean>;
}

/** Opens what is there: the dataset, or one that is being made for the first time; `undefined` for neither. */
export async function openSession(place: DatasetPlace, isCompared: boolean): Promise<Session | undefined> {
  const stamp = await stampOf(place);
  if (stamp === undefined) return undefined;
  const isRunning = stamp.startsWith('running');
  const folder = isRunning ? place.staging : place.folder;
  const metadata = isRunning ? await readRunning(folder) : await readMetadata(folder);
  if (!metadata) return undefined;
  const { columns } = metadata;
  const keyFor = createRowKeys(columns);
  const keys: string[] = [];
  const rowsByKey = new Map<string, number>();
  let reviews = new Map(isRunning ? [] : await readReviews(folder));
  let reviewsStamp = await stampOfFile(join(folder, REVIEWS));

  const shown = describeColumns(columns);
  const prints = isCompared ? createRowPrints(shown) : undefined;

  const index = openDatasetIndex(folder, (row, value) => {
    prints?.add(value);
    const key = keyFor(value);
    keys[row] = key;
    const review = reviews.get(key);
    if (review) show(row, review, value);
  });
  /** Puts a review into columns of its own, for filters. */
  const show = (row: number, review: Review, value: JsonObject): void => {
    rowsByKey.set(review.key, row);
    const visible = shownReview(review, value, columns);
    if (visible) setReview(index.store, row, visible);
  };
  const showAll = async (changed: Iterable<Review>): Promise<void> => {
    const wanted = new Set([...changed].map(({ key }) => key).filter((key) => !rowsByKey.has(key)));
    if (wanted.size > 0)
      for (const [row, key] of keys.entries()) if (wanted.has(key)) rowsByKey.set(key, row);
    for (const review of changed) {
      const row = rowsByKey.get(review.key);
      if (row !== undefined) show(row, review, (await index.read(row)).value);
    }
  };
  return {
    stamp,
    folder,
    status: metadata.status,
    recipe: metadata.recipe?.name ?? '',
    fabricated: metadata.fabricated,
    columns,
    shown,
    prints,
    index,
    get reviews() {
      return reviews;
    },
    keyOf: (row) => keys[row],
    async note(review) {
      reviews.set(review.key, review);
      reviewsStamp = await stampOfFile(join(folder, REVIEWS));
      await showAll([review]);
    },
    async lookAtReviews() {
      const now = await stampOfFile(join(folder, REVIEWS));
      if (isRunning || now === reviewsStamp) return false;
      reviewsStamp = now;
      reviews = new Map(await readReviews(folder));
      await showAll([...reviews.values()]);
      return true;
    },
  };
}

/** Says which version of a dataset is there; `undefined` when there is none. */
export async function stampOf({ folder, staging }: DatasetPlace): Promise<string | undefined> {
  const finished = await stampOfFile(join(folder, 'metadata.json'));
  if (finished !== undefined) return `finished ${finished}`;
  const running = await stat(join(staging, RUNNING)).catch(() => undefined);
  return running ? `running ${running.ino}` : undefined;
}

/** What the page shows of a review. */
export function shownReview(
  review: Review | undefined,
  row: JsonObject,
  columns: readonly DatasetColumn[],
): ShownReview | undefined {
  if (!review) return undefined;
  const { key: _key, made, ...shown } = review;
  return { ...shown, outdated: made !== madeHash(row, columns) };
}

/** The columns that a table of this dataset shows at first. */
export async function shownAtFirst({ index, shown }: Session): Promise<readonly string[]> {
  const sample: JsonObject[] = [];
  for (let row = 0; row < Math.min(20, index.rows); row += 1) sample.push((await index.read(row)).value);
  return firstShown(shown, sample);
}

/** Own scores and the judge's scores of the same rows, by path. */
export function scorePairs({
  index: { store },
  reviews,
  keyOf,
  shown,
}: Session): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const pairs = new Map<string, (readonly [number, number])[]>();
  const scores = shown.flatMap(({ group, path }) =>
    group === 'scores' ? (store.columns.get(path) ?? []) : [],
  );
  for (let row = 0; row < store.rows; row += 1) {
    const review = reviews.get(keyOf(row) ?? '');
    if (!review?.scores) continue;
    for (const column of scores) {
      const [own, judge] = [numberIn(review.scores[column.path]), numberIn(storedValue(column, row))];
      if (own === undefined || judge === undefined) continue;
      const known = pairs.get(column.path) ?? [];
      known.push([own, judge]);
      pairs.set(column.path, known);
    }
  }
  return pairs;
}

/** The lines of `failures.jsonl`, some of them. */
export async function readFailures(folder: string, most: number): Promise<readonly JsonObject[]> {
  const failures: JsonObject[] = [];
  for await (const failure of objectsIn(join(folder, 'failures.jsonl'))) {
    failures.push(failure);
    if (failures.length >= most) break;
  }
  return failures;
}

/** Numbers in the seed of the rows that are in no file of rows: those that failed, and those that `accept` did not take. */
export async function readFailedRows(folder: string): Promise<ReadonlySet<number>> {
  const failed = new Set<number>();
  for (const name of ['failures.jsonl', REJECTED])
    for await (const { row, instead } of objectsIn(join(folder, name)))
      // With `instead`, a row of this number is in the dataset.
      if (instead === undefined) failed.add(Number(row));
  return failed;
}

/** The whole objects of a file that may be growing. */
async function* objectsIn(file: string): AsyncGenerator<JsonObject> {
  try {
    for await (const line of linesOf(file)) {
      const value = jsonIn(line);
      if (isObject(value)) yield value;
    }
  } catch {
    // There is no such file in a dataset of another program.
  }
}

interface DescribedRun {
  readonly status: string;
  readonly fabricated: boolean;
  readonly recipe?: { readonly name: string };
  readonly columns: readonly DatasetColumn[];
}

async function readRunning(folder: string): Promise<DescribedRun | undefined> {
  const text = await readFile(join(folder, RUNNING), 'utf8').catch(() => '');
  const found = jsonIn(text);
  return isObject(found) ? (found as unknown as DescribedRun) : undefined;
}

async function stampOfFile(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeMs].join(':');
}

function numberIn(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
