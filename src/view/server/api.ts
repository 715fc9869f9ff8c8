import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as bodyOf } from 'node:stream/consumers';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import type { ReviewChange } from '../../dataset/decisions.js';
import { comparedIn, comparedPath } from '../query/pairs.js';
import { fromParams } from '../query/url.js';
import type { RecordView, ViewInfo } from '../query/types.js';
import type { Comparer } from './comparer.js';
import type { OpenDataset } from './dataset.js';
import { HEADERS } from './guard.js';

/** Rows in one answer. */
const MOST_ROWS = 500;
/** Bytes of a change that is sent: a correction may be as long as an answer. */
const MOST_BYTES = 4 << 20;

/** What is asked about. */
export interface Asked {
  readonly datasets: readonly OpenDataset[];
  readonly comparer: Comparer;
}

/** Answers a request of the page, which the guard has let in. */
export async function answerApi(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  asked: Asked,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const { status, value } = await valueFor(request, url, asked, gone.signal).catch((error: unknown) => {
    if (gone.signal.aborted) return { status: 499, value: null };
    throw error;
  });
  if (gone.signal.aborted) return;
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

interface Reply {
  readonly status: number;
  readonly value: unknown;
}

const found = (value: unknown): Reply =>
  value === undefined ? { status: 404, value: null } : { status: 200, value };

async function valueFor(
  request: IncomingMessage,
  url: URL,
  { datasets, comparer }: Asked,
  signal: AbortSignal,
): Promise<Reply> {
  const { pathname, searchParams } = url;
  const isPost = request.method === 'POST';
  if (isPost !== (pathname === '/api/review')) return { status: 405, value: null };
  if (pathname === '/api/info') {
    const info: ViewInfo = {
      datasets: await Promise.all(datasets.map((one) => one.info())),
      readOnly: false,
    };
    return found(info);
  }
  const number = numberIn(searchParams, 'dataset');
  const dataset = datasets[number];
  if (!dataset) return { status: 404, value: null };
  const query = fromParams(searchParams);
  const row = numberIn(searchParams, 'row');
  const other = searchParams.has('with') ? numberIn(searchParams, 'with') : undefined;
  for (const one of new Set([...comparedIn(query), ...(other === undefined ? [] : [other])]))
    await comparer.mark(number, one);
  switch (pathname) {
    case '/api/rows': {
      const offset = numberIn(searchParams, 'offset');
      const limit = Math.min(MOST_ROWS, numberIn(searchParams, 'limit'));
      return found(
        await dataset.rows(query, { offset, limit, paths: searchParams.getAll('column') }, signal),
      );
    }
    case '/api/place':
      return found(await dataset.place(query, row, signal));
    case '/api/record':
      return found(await withContext(dataset, row));
    case '/api/prompts':
      return found(await dataset.prompts(row));
    case '/api/facets':
      return found(await dataset.facets(query, other === undefined ? [] : [comparedPath(other)], signal));
    case '/api/pair':
      return found(other === undefined ? undefined : await comparer.pair(number, row, other));
    case '/api/agreement':
      return found(await dataset.agreement());
    case '/api/failures':
      return found(await dataset.failures());
    case '/api/review': {
      const change = await changeIn(request);
      if (!change) return { status: 400, value: null };
      const review = await dataset.review(row, searchParams.get('key') ?? '', change);
      return review ? found(review) : { status: 409, value: null };
    }
    default:
      return { status: 404, value: null };
  }
}

async function withContext(dataset: OpenDataset, row: number): Promise<RecordView | undefined> {
  const record = await dataset.record(row);
  if (!record || record.damaged !== undefined) return record;
  const context = await dataset.contextOf(row);
  return context ? { ...record, context } : record;
}

function numberIn(params: URLSearchParams, name: string): number {
  const number = Number(params.get(name) ?? 0);
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

/** The change that a page sent; `undefined` where it is none. */
async function changeIn(request: IncomingMessage): Promise<ReviewChange | undefined> {
  const isJson = request.headers['content-type'] === 'application/json';
  const size = Number(request.headers['content-length'] ?? Infinity);
  if (!isJson || size > MOST_BYTES) return undefined;
  const value = jsonIn(await bodyOf(request));
  if (!isObject(value)) return undefined;
  const { verdict, note, scores, edits, ...other } = value;
  const isVerdict = verdict === undefined || verdict === null || verdict === 'keep' || verdict === 'drop';
  const isNote = note === undefined || note === null || typeof note === 'string';
  const isScores = scores === undefined || (isObject(scores) && Object.values(scores).every(isScore));
  const isEdits = edits === undefined || isObject(edits);
  const isChange = isVerdict && isNote && isScores && isEdits && Object.keys(other).length === 0;
  return isChange ? (value as ReviewChange & JsonObject) : undefined;
}

const isScore = (value: Json): boolean =>
  value === null || typeof value === 'number' || typeof value === 'string';
