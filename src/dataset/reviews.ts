/**
 * `reviews.jsonl` in the folder of a dataset: what people decided about its rows, as `dd view` saves it. An append-only
 * log: each line is the whole review of one row, and the latest line of a row counts. A new version of the dataset takes
 * the file over, so a review names its row by a key that a run does not change, and says by a hash which answers it was
 * about.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, isObject, jsonIn, ownValue, type Json, type JsonObject } from '../core/json.js';
import type { OutputColumn } from '../engine/types.js';
import { decide, type Decisions, type ReviewChange } from './decisions.js';

/** The review of one row: a line of `reviews.jsonl`. */
export interface Review extends Decisions {
  /** The row: see `createRowKeys`. */
  readonly key: string;
  /** When it was saved, in ISO 8601. */
  readonly at: string;
  /** Hash of the made cells that the person saw: see `madeHash`. */
  readonly made: string;
}

type Column = Pick<OutputColumn, 'name' | 'from'>;

/** Name of the file in the folder of a dataset. */
export const REVIEWS = 'reviews.jsonl';

/** The latest review of each row, by its key. Lines that are damaged or of another form are skipped. */
export async function readReviews(folder: string): Promise<ReadonlyMap<string, Review>> {
  const text = await readFile(join(folder, REVIEWS), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const latest = new Map<string, Review>();
  for (const line of text.split('\n')) {
    const review = reviewIn(line);
    if (!review) continue;
    const before = latest.get(review.key);
    if (!before || review.at >= before.at) latest.set(review.key, review);
  }
  return latest;
}

/**
 * Names rows so that a run with other prompts or models gives them the same names: `trace_id:…` where the seed has a
 * `trace_id`, otherwise `row:` and a hash of the seed columns (of all columns where there is no seed). Call the result
 * once for each row, in the order of the dataset: equal rows are numbered, `…#2` and on.
 */
export function createRowKeys(columns: readonly Column[]): (row: JsonObject) => string {
  const seed = columns.filter(({ from }) => from === 'seed');
  const parts = (seed.length > 0 ? seed : columns).map(({ name }) => name);
  const hasTrace = seed.some(({ name }) => name === 'trace_id');
  const seen = new Map<string, number>();
  return (row) => {
    const id = hasTrace ? ownValue(row, 'trace_id') : undefined;
    const key = typeof id === 'string' && id !== '' ? `trace_id:${id}` : `row:${hashOf(row, parts)}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1 ? key : `${key}#${times}`;
  };
}

/** A hash of the cells that the recipe made. A review with another one is about earlier answers. */
export function madeHash(row: JsonObject, columns: readonly Column[]): string {
  return hashOf(
    row,
    columns.filter(({ from }) => from === 'column').map(({ name }) => name),
  );
}

/** The review after a change. Later than the one before, also when the system's clock was set back. */
export function changeReview(
  before: Review | undefined,
  change: ReviewChange,
  { key, made, now }: { readonly key: string; readonly made: string; readonly now: Date },
): Review {
  const at = new Date(Math.max(now.getTime(), before ? Date.parse(before.at) + 1 : 0)).toISOString();
  return { key, at, made, ...decide(before, change) };
}

/** A row with the corrections of its review. A path that the row does not have is left out. */
export function applyEdits(row: JsonObject, review: Pick<Review, 'edits'> | undefined): JsonObject {
  return Object.entries(review?.edits ?? {}).reduce((edited, [path, value]) => {
    const keys = Object.hasOwn(edited, path) ? [path] : path.split('.');
    return (replaceAt(edited, keys, value) ?? edited) as JsonObject;
  }, row);
}

/** Saves a review: it is on the disk when this resolves. A line that a crash cut off is removed first. */
export async function appendReviews(folder: string, reviews: readonly Review[]): Promise<void> {
  const file = await open(join(folder, REVIEWS), 'a+');
  try {
    await cutTornTail(file);
    await file.appendFile(reviews.map((review) => `${JSON.stringify(review)}\n`).join(''));
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Gives the reviews of a dataset to the version that takes its place: one file under two names, so that a review which
 * is being saved at this moment is in both.
 */
export async function carryReviews(from: string, to: string): Promise<void> {
  const source = join(from, REVIEWS);
  const target = join(to, REVIEWS);
  if (!existsSync(source)) return;
  // Some file systems have no links.
  await link(source, target).catch(() => copyFile(source, target));
}

/** Adds the reviews of one folder to those of another. The later review of a row counts. */
export async function mergeReviews(from: string, to: string): Promise<void> {
  const reviews = await readReviews(from);
  if (reviews.size > 0) await appendReviews(to, [...reviews.values()]);
}

function reviewIn(line: string): Review | undefined {
  const value = line === '' ? undefined : jsonIn(line);
  if (!isObject(value)) return undefined;
  const isReview = ['key', 'at', 'made'].every((name) => typeof value[name] === 'string');
  return isReview ? (value as unknown as Review) : undefined;
}

function replaceAt(value: Json, [key, ...rest]: readonly string[], by: Json): Json | undefined {
  if (key === undefined) return by;
  const list: readonly Json[] | undefined = Array.isArray(value) ? value : undefined;
  const inner = list ? list[Number(key)] : isObject(value) ? ownValue(value, key) : undefined;
  const replaced = inner === undefined ? undefined : replaceAt(inner, rest, by);
  if (replaced === undefined) return undefined;
  return list ? list.with(Number(key), replaced) : { ...(value as JsonObject), [key]: replaced };
}

function hashOf(row: JsonObject, names: readonly string[]): string {
  const cells = names.map((name) => ownValue(row, name) ?? null);
  return createHash('sha256').update(canonicalJson(cells)).digest('hex').slice(0, 16);
}

/** Removes what a crash left of a line. A whole line without its line feed, as some editors save, gets one. */
async function cutTornTail(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  if (size === 0 || last[0] === LINE_FEED) return;
  const text = Buffer.alloc(size);
  await file.read(text, 0, size, 0);
  const start = text.lastIndexOf(LINE_FEED) + 1;
  if (reviewIn(text.toString('utf8', start))) await file.appendFile('\n');
  else await file.truncate(start);
}

const LINE_FEED = 0x0a;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
