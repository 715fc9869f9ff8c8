import { isObject } from '../../core/json.js';
import { createColumnStore } from '../query/columns.js';
import { cellsOf } from '../query/describe.js';
import { facetsOf } from '../query/facets.js';
import { findRows, placeIn } from '../query/find.js';
import {
  comparedIn,
  comparedPath,
  compareRows,
  createRowPrints,
  pairRows,
  type Pairing,
} from '../query/pairs.js';
import { setReview } from '../query/reviewed.js';
import type { PublishedDataset, Query, RecordView, ViewInfo } from '../query/types.js';
import { Refused, type Source } from './source.js';

/** The files of a folder that `dd view --bundle` wrote. All rows are loaded, and queries are answered in the browser. */
export const published: Source = {
  info,
  async rows(dataset, query, { offset, limit, columns }) {
    const { records } = await load(dataset);
    const page = { found: 0, of: records.length, offset, rows: [] };
    try {
      const found = await find(dataset, query);
      const rows = [...found.subarray(offset, offset + limit)].flatMap((row) => {
        const record = records[row];
        if (!record) return [];
        const cells = cellsOf(record.value, columns);
        return [{ row, cells, ...(record.review && { review: record.review }) }];
      });
      return { ...page, found: found.length, rows };
    } catch (error) {
      if (error instanceof SyntaxError) return { ...page, problem: error.message };
      throw error;
    }
  },
  async place(dataset, query, row) {
    return placeIn(await find(dataset, query), row, query.sort !== undefined);
  },
  async record(dataset, row) {
    const record = (await load(dataset)).records[row];
    if (!record) throw new Error(`there is no row ${row}`);
    return record;
  },
  async pair(dataset, row, other) {
    const { by, rows } = await compare(dataset, other);
    const record = (await load(other)).records[rows[row] ?? -1];
    return { by, isRead: true, ...(record && { record }) };
  },
  async facets(dataset, query, other) {
    const { store, scores } = await load(dataset);
    const more = other === undefined ? [] : [comparedPath(other)];
    if (other !== undefined) await compare(dataset, other);
    return facetsOf(store, ['@verdict', ...more, ...scores], await find(dataset, query));
  },
  agreement: async (dataset) => (await load(dataset)).agreement,
  failures: async (dataset) => (await load(dataset)).failures,
  prompts: async () => [],
  pictureUrl: (dataset, path) => `data/${dataset}/${encodeURI(path)}`,
  review: () => Promise.reject(new Refused('published')),
  listen: () => undefined,
};

async function find(dataset: number, query: Query): Promise<Uint32Array> {
  const { store, records } = await load(dataset);
  for (const other of comparedIn(query)) await compare(dataset, other);
  return findRows(
    {
      store,
      rows: records.length,
      scan: async (candidates, matches) => candidates.filter((row) => matches(records[row]?.value ?? {})),
      bounded: (work) => work(),
    },
    query,
  );
}

const compared = new Map<string, Promise<Pairing>>();

/** Compares two datasets once, and puts the result into a column. The page asks for it several times at once. */
function compare(dataset: number, other: number): Promise<Pairing> {
  const key = `${dataset} ${other}`;
  const known = compared.get(key) ?? compareAll(dataset, other);
  compared.set(key, known);
  return known;
}

async function compareAll(dataset: number, other: number): Promise<Pairing> {
  const [a, b] = [await load(dataset), await load(other)];
  const pairing = pairRows(a, b);
  for (const [row, state] of compareRows(a.prints, b.prints, pairing).entries())
    a.store.set(row, comparedPath(other), state);
  return pairing;
}

let described: Promise<ViewInfo> | undefined;

/** The page asks for it with every query, and it never changes. */
function info(): Promise<ViewInfo> {
  described ??= json<ViewInfo>('data/info.json');
  return described;
}

const loaded = new Map<number, ReturnType<typeof loadAll>>();

function load(dataset: number): ReturnType<typeof loadAll> {
  const known = loaded.get(dataset) ?? loadAll(dataset);
  loaded.set(dataset, known);
  return known;
}

async function loadAll(dataset: number) {
  const [{ datasets }, rest] = await Promise.all([
    info(),
    json<PublishedDataset>(`data/${dataset}/dataset.json`),
  ]);
  const numbers = Array.from({ length: rest.chunks }, (_, chunk) => chunk);
  const chunks = await Promise.all(
    numbers.map((chunk) => json<readonly RecordView[]>(`data/${dataset}/rows-${chunk}.json`)),
  );
  const records = chunks.flat();
  const store = createColumnStore();
  const columns = datasets[dataset]?.columns ?? [];
  const prints = createRowPrints(columns);
  for (const [row, { value, review }] of records.entries()) {
    store.add(isObject(value) ? value : {});
    prints.add(isObject(value) ? value : {});
    if (review) setReview(store, row, review);
  }
  const scores = columns.filter(({ group }) => group === 'scores').map(({ path }) => path);
  return { ...rest, records, store, scores, prints, failed: new Set(rest.failedRows) };
}

async function json<T>(file: string): Promise<T> {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return (await response.json()) as T;
}
