import { resolve } from 'node:path';
import type { Folders } from '../../dataset/folders.js';
import type { Metadata, ProcessorCounts } from '../../dataset/metadata.js';
import { isObject, ownValue, type Json, type JsonObject } from '../../core/json.js';
import { version } from '../../core/package-folder.js';
import type { Partition } from './checks.js';
import { movedOrigin } from '../origin.js';

/** The metadata of the dataset that all partitions, in their order, make together. */
export function mergeMetadata(
  partitions: readonly [Partition, ...Partition[]],
  { name, dataset }: Pick<Folders, 'name' | 'dataset'>,
  files: Pick<Metadata, 'parts' | 'columns'> & { readonly processors: readonly ProcessorCounts[] },
): Metadata {
  const all = partitions.map(({ metadata }) => metadata);
  const [{ folder, metadata: first }] = partitions;
  const sum = <K extends 'rows' | 'accept' | 'failures' | 'usage' | 'cost'>(key: K): Metadata[K] =>
    all.map((metadata) => metadata[key] as unknown as Json).reduce(addCounts) as unknown as Metadata[K];
  const nullCells = all.flatMap(({ null_cells }) => (null_cells ? [null_cells as Json] : []));
  const validity = all.flatMap(({ validity: counts }) => (counts ? [counts as unknown as Json] : []));
  const shortfalls = all.flatMap(({ shortfall }) => (shortfall ? [shortfall as unknown as Json] : []));
  const { shortfall: _ofFirst, processors_due: _run, ...rest } = first;
  return {
    ...rest,
    dataset: name,
    origin: movedOrigin(first.origin, resolve(folder), dataset),
    partition: null,
    // Each partition has read the whole seed, so each counts everything that was filtered.
    rows: { ...sum('rows'), filtered: first.rows.filtered },
    ...(first.accept && { accept: sum('accept') }),
    failures: sum('failures'),
    ...(shortfalls.length > 0 && { shortfall: shortfalls.reduce(addCounts) as typeof first.shortfall }),
    ...(nullCells.length > 0 && { null_cells: nullCells.reduce(addCounts) as Metadata['failures'] }),
    ...(validity.length > 0 && {
      validity: validity.reduce(addCounts) as unknown as NonNullable<Metadata['validity']>,
    }),
    usage: sum('usage'),
    cost: sum('cost'),
    columns: files.columns,
    ...(files.processors.length > 0 && { processors: files.processors }),
    parts: files.parts,
    started_at: all.map(({ started_at }) => started_at).sort()[0] ?? first.started_at,
    finished_at:
      all
        .map(({ finished_at }) => finished_at)
        .sort()
        .at(-1) ?? first.finished_at,
    seconds: all.reduce((seconds, metadata) => seconds + metadata.seconds, 0),
    dd_version: version(),
    node_version: process.version,
  };
}

/** Numbers that are not added up. Prices are the same in all partitions. */
const NO_COUNT = new Set(['prices']);

/** The name of a list's entry. Partitions may have different entries, in different order. */
const nameOf = (entry: Json | undefined): Json | undefined =>
  isObject(entry) ? (entry['column'] ?? entry['alias']) : undefined;

/** Adds the numbers of two values place by place; what is unknown in one is unknown in the sum. */
function addCounts(a: Json, b: Json): Json {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return a || b;
  if (Array.isArray(a) && Array.isArray(b)) return addLists(a, b);
  if (isObject(a) && isObject(b)) return addObjects(a, b);
  return a === null || b === null ? null : a;
}

function addLists(a: readonly Json[], b: readonly Json[]): readonly Json[] {
  const sums = a.map((entry) => {
    const same = b.find((other) => nameOf(other) === nameOf(entry));
    return same === undefined ? entry : addCounts(entry, same);
  });
  return [...sums, ...b.filter((entry) => !a.some((other) => nameOf(other) === nameOf(entry)))];
}

function addObjects(a: JsonObject, b: JsonObject): JsonObject {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(
    keys.map((key) => {
      const [one, other] = [ownValue(a, key), ownValue(b, key)];
      if (one === undefined || other === undefined) return [key, one ?? other ?? null];
      return [key, NO_COUNT.has(key) ? one : addCounts(one, other)];
    }),
  );
}
