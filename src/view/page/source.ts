import type { ReviewChange } from '../../dataset/decisions.js';
import { toParams } from '../query/url.js';
import type {
  Agreement,
  Facet,
  FailedCell,
  PairView,
  Place,
  Query,
  RecordView,
  RowsPage,
  ShownPrompt,
  ShownReview,
  ViewInfo,
} from '../query/types.js';

/** Where the page has its rows from: the server, or the files of a published folder. */
export interface Source {
  info(): Promise<ViewInfo>;
  rows(dataset: number, query: Query, range: Range, signal: AbortSignal): Promise<RowsPage>;
  place(dataset: number, query: Query, row: number): Promise<Place>;
  record(dataset: number, row: number): Promise<RecordView>;
  /** The row of another dataset that belongs to a row. */
  pair(dataset: number, row: number, other: number): Promise<PairView>;
  /** With another dataset, also how the rows compare with it. */
  facets(
    dataset: number,
    query: Query,
    other: number | undefined,
    signal: AbortSignal,
  ): Promise<readonly Facet[]>;
  agreement(dataset: number): Promise<readonly Agreement[]>;
  failures(dataset: number): Promise<readonly FailedCell[]>;
  prompts(dataset: number, row: number): Promise<readonly ShownPrompt[]>;
  /** Where a picture is that is a file of the dataset. */
  pictureUrl(dataset: number, path: string): string;
  review(dataset: number, row: number, key: string, change: ReviewChange): Promise<ShownReview>;
  /** Calls back when something has changed, and when the connection is lost or there again. */
  listen(onNews: (news: News) => void, onConnection: (isThere: boolean) => void): void;
}

export interface Range {
  readonly offset: number;
  readonly limit: number;
  readonly columns: readonly string[];
}

export interface News {
  readonly dataset: number;
  readonly look: 'grown' | 'replaced' | 'reviewed';
}

/** The server does not take a change: its row is another one now, the dataset is being made, or it is too long. */
export class Refused extends Error {}

/** The server that sent this page. */
export const server: Source = {
  info: () => get('info', new URLSearchParams()),
  rows(dataset, query, { offset, limit, columns }, signal) {
    const params = of(dataset, query, { offset, limit });
    for (const column of columns) params.append('column', column);
    return get('rows', params, signal);
  },
  place: (dataset, query, row) => get('place', of(dataset, query, { row })),
  record: (dataset, row) => get('record', of(dataset, NONE, { row })),
  pair: (dataset, row, other) => get('pair', of(dataset, NONE, { row, with: other })),
  facets: (dataset, query, other, signal) =>
    get('facets', of(dataset, query, other === undefined ? {} : { with: other }), signal),
  agreement: (dataset) => get('agreement', of(dataset, NONE)),
  failures: (dataset) => get('failures', of(dataset, NONE)),
  prompts: (dataset, row) => get('prompts', of(dataset, NONE, { row })),
  pictureUrl: (dataset, path) => `api/picture?${new URLSearchParams({ dataset: String(dataset), path })}`,
  async review(dataset, row, key, change) {
    const params = of(dataset, NONE, { row });
    params.set('key', key);
    const response = await fetch(`api/review?${params}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    });
    if (response.status >= 400 && response.status < 500) throw new Refused(String(response.status));
    if (!response.ok) throw new Error(`review: ${response.status}`);
    return (await response.json()) as ShownReview;
  },
  listen(onNews, onConnection) {
    const events = new EventSource('api/news');
    events.addEventListener('open', () => onConnection(true));
    events.addEventListener('message', ({ data }: MessageEvent<string>) => onNews(JSON.parse(data) as News));
    events.addEventListener('error', () => {
      onConnection(false);
      // A browser gives up after an answer that is no stream, such as a proxy's.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => server.listen(onNews, onConnection), 1000);
    });
  },
};

const NONE: Query = { filters: [], search: '' };

function of(dataset: number, query: Query, numbers: Readonly<Record<string, number>> = {}): URLSearchParams {
  const params = toParams(query);
  for (const [name, number] of Object.entries({ dataset, ...numbers })) params.set(name, String(number));
  return params;
}

async function get<T>(name: string, params: URLSearchParams, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`api/${name}?${params}`, signal ? { signal } : {});
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return (await response.json()) as T;
}
