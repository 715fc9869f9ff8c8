import { isBeingMade } from '../../dataset/lock.js';
import type { ReviewChange } from '../../dataset/decisions.js';
import { appendReviews, changeReview, madeHash } from '../../dataset/reviews.js';
import { cellsOf } from '../query/describe.js';
import { agreementOf, facetsOf } from '../query/facets.js';
import { placeIn } from '../query/find.js';
import type { RowPrints, RowState } from '../query/pairs.js';
import type {
  Agreement,
  DatasetInfo,
  Facet,
  FailedCell,
  Place,
  Query,
  RecordView,
  RowsPage,
  ShownPrompt,
  ShownReview,
} from '../query/types.js';
import type { PictureFile } from '../../dataset/media.js';
import { contextPath, type ContextPlace } from '../query/context-path.js';
import type { ContextPictures } from './context-pictures.js';
import { QueryError } from './dataset-index.js';
import {
  openSession,
  readFailedRows,
  readFailures,
  scorePairs,
  shownAtFirst,
  shownReview,
  stampOf,
  type DatasetPlace,
  type Session,
} from './session.js';

/** A dataset that is looked at: whichever version of it is there. */
export interface OpenDataset {
  /** Where the version is that is shown now. */
  readonly folder: string;
  info(): Promise<DatasetInfo>;
  rows(query: Query, range: RowRange, signal: AbortSignal): Promise<RowsPage>;
  place(query: Query, row: number, signal: AbortSignal): Promise<Place>;
  record(row: number): Promise<RecordView | undefined>;
  /** @param more paths of columns that are counted beside the scores. */
  facets(query: Query, more: readonly string[], signal: AbortSignal): Promise<readonly Facet[]>;
  agreement(): Promise<readonly Agreement[]>;
  failures(): Promise<readonly FailedCell[]>;
  /** Numbers in the seed of the rows that failed, and of those that `accept` did not take. */
  failedRows(): Promise<ReadonlySet<number>>;
  /** To compare its rows with those of another dataset; `undefined` where there is no other. */
  readonly prints: RowPrints | undefined;
  /** True when all rows that are there have been read. */
  readonly isRead: boolean;
  /** Sets a column that is not in the rows themselves. */
  mark(path: string, states: readonly RowState[]): void;
  /** What the models are asked for a row. */
  prompts(row: number): Promise<readonly ShownPrompt[]>;
  /** The pictures that a row names by paths in the folder of the recipe, as the page asks for them, by column. */
  contextOf(row: number): Promise<RecordView['context']>;
  /** One of them; `undefined` where there is none. */
  contextPicture(place: ContextPlace): Promise<PictureFile | undefined>;
  /** Saves a change of a review; `undefined` when the row is not the one that was seen, or cannot be reviewed now. */
  review(row: number, key: string, change: ReviewChange): Promise<ShownReview | undefined>;
  /** Takes in what has changed on the disk, a part of it at a time. */
  look(): Promise<Look>;
  close(): Promise<void>;
}

export interface RowRange {
  readonly offset: number;
  readonly limit: number;
  /** Columns to show. */
  readonly paths: readonly string[];
}

/** `grown`: there is more of the same version, and perhaps more to come at once. */
export type Look = 'same' | 'grown' | 'replaced' | 'reviewed';

const MOST_FAILURES = 500;

/**
 * Opens a dataset; `undefined` when there is none, and none is being made.
 *
 * @param isCompared true if it can be compared with another one.
 */
export async function openDataset(
  place: DatasetPlace,
  now: () => Date,
  isCompared = false,
): Promise<OpenDataset | undefined> {
  const first = await openSession(place, isCompared);
  if (!first) return undefined;
  let session: Session = first;
  let retired: Session | undefined;
  let version = 1;
  /** Changes with every answer that could be another. */
  let revision = 0;
  let isRead = false;
  let wasMaking = await isBeingMade(place.lock);
  let saving: Promise<unknown> = Promise.resolve();
  const results = new Map<string, Promise<Uint32Array>>();

  let contexts:
    | { readonly version: number; readonly opened: Promise<ContextPictures | undefined> }
    | undefined;
  /** Opened with the first row that is looked at, for each version. */
  const contextsOf = (folder: string): Promise<ContextPictures | undefined> => {
    if (contexts?.version !== version)
      contexts = {
        version,
        opened: import('./context-pictures.js').then(({ openContextPictures }) =>
          openContextPictures(folder),
        ),
      };
    return contexts.opened;
  };
  const find = async (query: Query, signal: AbortSignal): Promise<Uint32Array> => {
    const { index } = session;
    const key = JSON.stringify([version, revision, index.rows, index.store.rows, query]);
    const known = results.get(key);
    if (known) return known;
    const found = index.find(query, signal);
    found.catch(() => results.delete(key));
    if (results.size >= 8) results.delete(results.keys().next().value ?? '');
    results.set(key, found);
    return found;
  };
  const replace = async (): Promise<Look> => {
    const next = await openSession(place, isCompared);
    if (!next) return 'same';
    // With its first rows at hand, so that the page does not show an empty table in between.
    await next.index.advance();
    const old = session;
    session = next;
    isRead = false;
    version += 1;
    results.clear();
    // The one before may still be read by requests that began earlier.
    await retired?.index.close();
    retired = old;
    return 'replaced';
  };
  return {
    get folder() {
      return session.folder;
    },
    async info() {
      const { index, status, recipe, fabricated, shown, folder } = session;
      const isMaking = await isBeingMade(place.lock);
      return {
        name: place.name,
        recipe,
        status: status === 'running' && !isMaking ? 'killed' : status,
        isBeingMade: isMaking,
        fabricated,
        columns: shown,
        shown: await shownAtFirst(session),
        rows: index.rows,
        indexed: index.store.rows,
        failures: (await readFailures(folder, MOST_FAILURES)).length,
        version,
      };
    },
    async rows(query, { offset, limit, paths }, signal) {
      const { index, reviews, keyOf, columns } = session;
      const page = { found: 0, of: index.rows, offset, rows: [] };
      try {
        const found = await find(query, signal);
        const rows = [];
        for (const row of found.subarray(offset, offset + limit)) {
          const { value } = await index.read(row);
          const review = shownReview(reviews.get(keyOf(row) ?? ''), value, columns);
          rows.push({ row, cells: cellsOf(value, paths), ...(review && { review }) });
        }
        return { ...page, found: found.length, rows };
      } catch (error) {
        if (error instanceof QueryError) return { ...page, problem: error.message };
        throw error;
      }
    },
    async place(query, row, signal) {
      return placeIn(await find(query, signal), row, query.sort !== undefined);
    },
    async record(row) {
      const { index, reviews, keyOf, columns } = session;
      if (row >= index.rows) return undefined;
      const { value, damaged } = await index.read(row);
      const key = keyOf(row) ?? '';
      const review = shownReview(reviews.get(key), value, columns);
      return { row, key, value, ...(damaged !== undefined && { damaged }), ...(review && { review }) };
    },
    async facets(query, more, signal) {
      const scores = session.shown.filter(({ group }) => group === 'scores').map(({ path }) => path);
      return facetsOf(session.index.store, ['@verdict', ...more, ...scores], await find(query, signal));
    },
    async agreement() {
      return [...scorePairs(session)].map(([path, pairs]) => agreementOf(path, pairs));
    },
    failures: async () => (await readFailures(session.folder, MOST_FAILURES)) as unknown as FailedCell[],
    failedRows: () => readFailedRows(session.folder),
    get prints() {
      return session.prints;
    },
    get isRead() {
      return isRead;
    },
    mark(path, states) {
      for (const [row, state] of states.entries()) session.index.store.set(row, path, state);
      revision += 1;
    },
    async prompts(row) {
      const { index, folder } = session;
      const { promptsOf } = await import('./prompts.js');
      const { value } = await index.read(row);
      return promptsOf({ folder, row, value }, await contextsOf(folder));
    },
    async contextOf(row) {
      const { index, folder } = session;
      const contexts = row < index.rows ? await contextsOf(folder) : undefined;
      if (!contexts) return undefined;
      const named = [...contexts.namedIn((await index.read(row)).value)];
      return Object.fromEntries(
        named.map(([column, entries]) => [
          column,
          [...entries.keys()].map((entry) => contextPath({ row, column, entry })),
        ]),
      );
    },
    async contextPicture({ row, column, entry }) {
      const { index, folder } = session;
      const contexts = row < index.rows ? await contextsOf(folder) : undefined;
      return contexts?.picture((await index.read(row)).value, column, entry);
    },
    review(row, key, change) {
      // One after the other: each is a change of what the one before has saved.
      const saved = saving.then(async () => {
        const { index, reviews, keyOf, columns, folder, status } = session;
        if (key === '' || keyOf(row) !== key || status === 'running') return undefined;
        const { value } = await index.read(row);
        const made = madeHash(value, columns);
        const review = changeReview(reviews.get(key), change, { key, made, now: now() });
        await appendReviews(folder, [review]);
        await session.note(review);
        revision += 1;
        return shownReview(review, value, columns);
      });
      saving = saved.catch(() => undefined);
      return saved;
    },
    async look() {
      if ((await stampOf(place)) !== session.stamp) return replace();
      if (await session.index.advance()) {
        isRead = false;
        return 'grown';
      }
      if (!isRead) {
        isRead = true;
        // What was compared while it was being read is compared once more.
        return isCompared ? 'grown' : 'same';
      }
      const isMaking = await isBeingMade(place.lock);
      if (isMaking !== wasMaking) {
        wasMaking = isMaking;
        return 'grown';
      }
      if (!(await session.lookAtReviews())) return 'same';
      revision += 1;
      return 'reviewed';
    },
    async close() {
      await retired?.index.close();
      await session.index.close();
    },
  };
}
