/** What the page shows: signals, and the actions that change them. Components only read and call these. */
import { batch, computed, signal } from '@preact/signals';
import { comparedIn } from '../query/pairs.js';
import { fromParams, toParams } from '../query/url.js';
import type {
  Agreement,
  DatasetInfo,
  Facet,
  FailedCell,
  Filter,
  ListedRow,
  PairView,
  Place,
  Query,
  RecordView,
  ShownPrompt,
  ShownReview,
  ViewColumn,
  ViewInfo,
} from '../query/types.js';
import { server, type Source } from './source.js';

let source: Source = server;

export type Tab = 'rows' | 'failures';

export const info = signal<ViewInfo | undefined>(undefined);
export const dataset = signal(0);
export const query = signal<Query>({ filters: [], search: '' });
export const tab = signal<Tab>('rows');
/** The row beside the table. */
export const selected = signal<number | undefined>(undefined);
export const record = signal<RecordView | undefined>(undefined);
/** The dataset that the open one is compared with, and its row for the one beside the table. */
export const other = signal<number | undefined>(undefined);
export const pair = signal<PairView | undefined>(undefined);
export const place = signal<Place | undefined>(undefined);
export const facets = signal<readonly Facet[]>([]);
export const agreement = signal<readonly Agreement[]>([]);
export const failures = signal<readonly FailedCell[] | undefined>(undefined);
export const isConnected = signal(true);
/** Rows that the query finds, those of them that were loaded, by block, and why it has none. */
export const found = signal(0);
export const problem = signal<string | undefined>(undefined);
export const blocks = signal<ReadonlyMap<number, readonly ListedRow[]>>(new Map());
export const isLoading = signal(true);
export const hidden = signal<ReadonlySet<string>>(new Set());
export const added = signal<ReadonlySet<string>>(new Set());

export const current = computed<DatasetInfo | undefined>(() => info.value?.datasets[dataset.value]);
export const otherInfo = computed<DatasetInfo | undefined>(() =>
  other.value === undefined || other.value === dataset.value ? undefined : info.value?.datasets[other.value],
);
export const isReadOnly = computed(
  () => info.value?.readOnly === true || ['running', 'killed'].includes(current.value?.status ?? ''),
);
/** The columns of the table. */
export const shown = computed<readonly ViewColumn[]>(() => {
  const first = new Set(current.value?.shown);
  return (current.value?.columns ?? []).filter(
    ({ path }) => added.value.has(path) || (first.has(path) && !hidden.value.has(path)),
  );
});

/** True if a column of the table has pictures: its rows are higher then. */
export const hasPictures = computed(() =>
  [...blocks.value.values()].some((rows) =>
    rows.some(({ cells }) =>
      shown.value.some(({ path }) => {
        const cell = cells[path];
        return typeof cell === 'object' && cell !== null && 'pictures' in cell;
      }),
    ),
  ),
);

export const BLOCK = 100;

/** Begins: reads the address, asks for everything, and listens for news. */
export async function start(from: Source): Promise<void> {
  source = from;
  readAddress();
  globalThis.addEventListener('popstate', () => {
    readAddress();
    void reload();
  });
  await reload();
  let wasLost = false;
  source.listen(
    ({ dataset: number, look }) => {
      if (number !== dataset.value && number !== other.value) return;
      if (look === 'replaced') failures.value = undefined;
      refreshSoon();
    },
    (isThere) => {
      isConnected.value = isThere;
      if (isThere && wasLost) refreshSoon();
      wasLost = !isThere;
    },
  );
}

export function setQuery(next: Query): void {
  query.value = next;
  writeAddress('push');
  void reload();
}

export const setSearch = (search: string): void => setQuery({ ...query.value, search });

export function addFilters(more: readonly Filter[]): void {
  const filters = query.value.filters.filter((filter) => !more.some((one) => isSame(one, filter)));
  setQuery({ ...query.value, filters: [...filters, ...more] });
}

export function removeFilters(gone: readonly Filter[]): void {
  const filters = query.value.filters.filter((filter) => !gone.some((one) => isSame(one, filter)));
  setQuery({ ...query.value, filters });
}

export const hasFilters = (wanted: readonly Filter[]): boolean =>
  wanted.every((one) => query.value.filters.some((filter) => isSame(one, filter)));

const isSame = (a: Filter, b: Filter): boolean =>
  a.path === b.path && a.operator === b.operator && a.value === b.value;

/** From the dataset's order to the highest first, to the lowest first, and back. */
export function sortBy(path: string): void {
  const { sort, ...rest } = query.value;
  if (sort?.path !== path) setQuery({ ...rest, sort: { path, descending: true } });
  else setQuery(sort.descending ? { ...rest, sort: { path, descending: false } } : rest);
}

export function setTab(next: Tab): void {
  tab.value = next;
  writeAddress('push');
  if (next === 'failures') void loadFailures();
}

export function setDataset(next: number): void {
  batch(() => {
    dataset.value = next;
    selected.value = undefined;
    record.value = undefined;
    other.value = undefined;
    pair.value = undefined;
    failures.value = undefined;
    query.value = { filters: [], search: '' };
    hidden.value = new Set();
    added.value = new Set();
  });
  writeAddress('push');
  void reload();
}

/** Compares with another dataset, or with none. A filter on what is another goes with it. */
export function setOther(next: number | undefined): void {
  const filters = query.value.filters.filter(({ path }) => !path.startsWith('@compared.'));
  batch(() => {
    other.value = next;
    pair.value = undefined;
    query.value = { ...query.value, filters };
  });
  writeAddress('push');
  void reload();
}

/** From one of the other datasets to the next, and then to none. */
export function compareWithNext(): void {
  const all = (info.value?.datasets ?? [])
    .map((_, index) => index)
    .filter((index) => index !== dataset.value);
  if (all.length > 0) setOther(all[other.value === undefined ? 0 : all.indexOf(other.value) + 1]);
}

export function toggleColumn(path: string): void {
  const isShown = shown.value.some((column) => column.path === path);
  const change = (set: ReadonlySet<string>, isIn: boolean): ReadonlySet<string> =>
    new Set(isIn ? [...set, path] : [...set].filter((one) => one !== path));
  batch(() => {
    hidden.value = change(hidden.value, isShown);
    added.value = change(added.value, !isShown);
  });
  void refresh();
}

/** Opens a row beside the table; nothing closes it. */
export async function select(row: number | undefined, how: 'push' | 'replace' = 'replace'): Promise<void> {
  selected.value = row;
  writeAddress(how);
  if (row === undefined) {
    batch(() => {
      record.value = undefined;
      pair.value = undefined;
      place.value = undefined;
    });
    return;
  }
  const compared = otherInfo.value && other.value;
  const [next, where, beside] = await Promise.all([
    source.record(dataset.value, row).catch(() => undefined),
    source.place(dataset.value, query.value, row).catch(() => undefined),
    compared === undefined ? undefined : source.pair(dataset.value, row, compared).catch(() => undefined),
  ]);
  if (selected.value !== row) return;
  batch(() => {
    record.value = next;
    if (compared === other.value) pair.value = beside;
    place.value = where;
  });
}

/** The row before or after, among those that the query finds. */
export async function move(by: 1 | -1): Promise<void> {
  const from = selected.value;
  if (from === undefined) {
    const first = rowAt(0);
    return first === undefined ? undefined : select(first.row, 'push');
  }
  const where = await source.place(dataset.value, query.value, from).catch(() => undefined);
  const next = by === 1 ? where?.next : where?.previous;
  if (next !== undefined && selected.value === from) await select(next);
}

export function rowAt(index: number): ListedRow | undefined {
  return blocks.value.get(Math.floor(index / BLOCK))?.[index % BLOCK];
}

const asked = new Set<number>();

/** Loads the blocks of some positions, unless they are there or on their way. */
export function need(from: number, to: number): void {
  for (let block = Math.floor(from / BLOCK); block <= Math.floor(Math.max(from, to) / BLOCK); block += 1)
    if (!blocks.value.has(block) && !asked.has(block)) {
      asked.add(block);
      void loadBlocks([block], loading.signal).finally(() => asked.delete(block));
    }
}

/** Shows a review that was saved, and counts with it. */
export function showSaved(of: number, row: number, saved: ShownReview): void {
  if (of !== dataset.value) return;
  if (record.value?.row === row) record.value = { ...record.value, review: saved };
  blocks.value = new Map(
    [...blocks.value].map(([block, rows]) => [
      block,
      rows.map((listed) => (listed.row === row ? { ...listed, review: saved } : listed)),
    ]),
  );
  void loadAgreement();
  void loadFacets(loading.signal);
}

let loading = new AbortController();

/** Asks for everything, for another query. */
async function reload(): Promise<void> {
  loading.abort();
  loading = new AbortController();
  const { signal: now } = loading;
  isLoading.value = true;
  await loadInfo();
  if (now.aborted) return;
  await loadBlocks([0], now, true);
  if (selected.value !== undefined) await select(selected.value);
  if (tab.value === 'failures') await loadFailures();
  await loadFacets(now);
  if (now.aborted) return;
  await loadAgreement();
}

let refreshing: Promise<void> | undefined;
let isRefreshDue = false;

/** Refreshes now, or once more when a refresh is under way. */
function refreshSoon(): void {
  isRefreshDue = true;
  refreshing ??= (async () => {
    while (isRefreshDue) {
      isRefreshDue = false;
      await refresh().catch(() => undefined);
    }
  })().finally(() => (refreshing = undefined));
}

/** Asks again for what is shown; it stays until the answers are there. */
async function refresh(): Promise<void> {
  const { signal: now } = loading;
  const before = current.value?.version;
  await loadInfo();
  if (now.aborted) return;
  await loadBlocks([...blocks.value.keys()].slice(-4), now, true);
  await loadFacets(now);
  if (current.value?.version !== before) {
    await loadAgreement();
    if (tab.value === 'failures') await loadFailures();
  }
  if (selected.value !== undefined) await select(selected.value);
}

export const saveReview: Source['review'] = (...of) => source.review(...of);

export const pictureUrl = (of: number, path: string): string => source.pictureUrl(of, path);

export const promptsOf = (row: number): Promise<readonly ShownPrompt[]> => source.prompts(dataset.value, row);

async function loadInfo(): Promise<void> {
  const next = await source.info();
  if (JSON.stringify(next) !== JSON.stringify(info.value)) info.value = next;
}

/** Loads blocks of rows; with `only`, they replace all others. */
async function loadBlocks(wanted: readonly number[], now: AbortSignal, only = false): Promise<void> {
  const columns = shown.value.map(({ path }) => path);
  const pages = await Promise.all(
    (wanted.length === 0 ? [0] : wanted).map(async (block) => {
      const range = { offset: block * BLOCK, limit: BLOCK, columns };
      return [block, await source.rows(dataset.value, query.value, range, now)] as const;
    }),
  ).catch((error: unknown) => {
    if (now.aborted) return [];
    throw error;
  });
  const [first] = pages;
  if (now.aborted || !first) return;
  batch(() => {
    found.value = first[1].found;
    problem.value = first[1].problem;
    isLoading.value = false;
    const next = new Map(only ? [] : blocks.value);
    for (const [block, { rows }] of pages) next.set(block, rows);
    blocks.value = next;
  });
}

async function loadFacets(now: AbortSignal): Promise<void> {
  const next = await source
    .facets(dataset.value, query.value, otherInfo.value && other.value, now)
    .catch(() => undefined);
  if (next && !now.aborted) facets.value = next;
}

async function loadAgreement(): Promise<void> {
  agreement.value = await source.agreement(dataset.value).catch(() => []);
}

async function loadFailures(): Promise<void> {
  failures.value = await source.failures(dataset.value).catch(() => []);
}

function readAddress(): void {
  const params = new URLSearchParams(location.search);
  const row = params.get('row');
  batch(() => {
    query.value = fromParams(params);
    dataset.value = Number(params.get('dataset') ?? 0);
    tab.value = params.get('tab') === 'failures' ? 'failures' : 'rows';
    other.value = numberIn(params.get('with')) ?? comparedIn(query.value)[0];
    pair.value = undefined;
    selected.value = row === null ? undefined : Number(row);
    if (row === null) record.value = undefined;
  });
}

const numberIn = (text: string | null): number | undefined =>
  text !== null && /^\d{1,6}$/.test(text) ? Number(text) : undefined;

function writeAddress(how: 'push' | 'replace'): void {
  const params = toParams(query.value);
  if (dataset.value > 0) params.set('dataset', String(dataset.value));
  if (other.value !== undefined) params.set('with', String(other.value));
  if (tab.value === 'failures') params.set('tab', 'failures');
  if (selected.value !== undefined) params.set('row', String(selected.value));
  const text = params.toString();
  const address = text === '' ? location.pathname : `?${text}`;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}
