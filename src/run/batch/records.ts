/**
 * What is known of the batches of a dataset, on disk: `.dd/batches/DATASET/`, one small file a batch, replaced
 * atomically and synced, and beside it the requests that it holds. A record is written before each step that costs
 * money (an intent, as in a write-ahead log), so that a program that was killed finds out what it has done.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import type { BatchStatus } from '../../models/batch/types.js';

/**
 * One batch. `planned`: nothing was sent. `intent`: it may have been handed in, under `intent`. `submitted`: the
 * provider has it, as `batch`. `fetched`: its answers are in the store.
 */
export interface BatchRecord {
  readonly id: string;
  readonly state: 'planned' | 'intent' | 'submitted' | 'fetched';
  readonly dataset: string;
  readonly wave: number;
  readonly alias: string;
  readonly model: string;
  readonly provider: string;
  readonly provider_type: string;
  readonly protocol: string;
  /** Left out where it comes from the environment and holds what may be secret. */
  readonly endpoint?: string;
  /** NAME of the variable with the key. */
  readonly api_key?: string;
  /** Of a provider that the recipe declares. */
  readonly extra_headers?: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly requests: number;
  readonly bytes: number;
  /** Of the prompts, estimated. */
  readonly tokens: number;
  /** What fills up with tokens: the model at its address, as a name. */
  readonly queue?: string;
  /** Our id of the try to hand it in: it is in the batch's metadata. */
  readonly intent?: string;
  readonly intended_at?: string;
  /** When it was handed in again, since an earlier request to hand it in had no answer: there may be twins. */
  readonly again_at?: string;
  /** The provider's ids of those. */
  readonly twins?: readonly string[];
  /** How many requests they have answered. */
  readonly paid_twice?: number;
  /** The provider's id of the uploaded file, and of the batch. */
  readonly upload?: string;
  readonly batch?: string;
  /** What it says, and since when, as far as it was looked at. */
  readonly status?: Pick<BatchStatus, 'says' | 'counts'> & { readonly at: string };
  /** Since when the provider does not know it, as far as it was asked. */
  readonly missing_since?: string;
  readonly fetched_at?: string;
  readonly answered?: number;
  readonly failed?: number;
  /** Asked again with a later batch. */
  readonly unanswered?: number;
  readonly cost_usd?: number;
}

/** How old a batch is, in milliseconds. */
export function ageOf(
  { intended_at, created_at }: Pick<BatchRecord, 'intended_at' | 'created_at'>,
  today: Date,
): number {
  return Math.max(0, today.getTime() - Date.parse(intended_at ?? created_at));
}

/** The records of one dataset. */
export interface BatchFolder {
  readonly folder: string;
  /** All records, the oldest first. */
  list(): Promise<readonly BatchRecord[]>;
  write(record: BatchRecord): Promise<void>;
  /** Removes a batch of which the provider knows nothing, with its requests. */
  remove(record: Pick<BatchRecord, 'id'>): Promise<void>;
  /** Removes the requests, which are answered. */
  removeRequests(record: Pick<BatchRecord, 'id'>): Promise<void>;
  /** The requests of a batch, as they were written down. */
  spoolOf(id: string): string;
  /** The same, as they are handed in. */
  linesOf(id: string): string;
  /** Exists when a person has cancelled the batch. */
  cancelOf(id: string): string;
  /** A folder for its results, which is removed with the requests. */
  resultsOf(id: string): string;
}

export async function openBatchFolder(folder: string): Promise<BatchFolder> {
  await mkdir(folder, { recursive: true });
  const fileOf = (id: string): string => join(folder, `${id}.json`);
  const spoolOf = (id: string): string => join(folder, `${id}.requests.jsonl`);
  const linesOf = (id: string): string => join(folder, `${id}.upload.jsonl`);
  const resultsOf = (id: string): string => join(folder, `${id}.results`);
  const cancelOf = (id: string): string => join(folder, `${id}.cancelled`);
  const removeRequests = async ({ id }: Pick<BatchRecord, 'id'>): Promise<void> => {
    for (const place of [spoolOf(id), linesOf(id), resultsOf(id), cancelOf(id)])
      await rm(place, { recursive: true, force: true });
  };
  return {
    folder,
    list: () => readRecords(folder),
    async write(record) {
      const { default: writeFileAtomic } = await import('write-file-atomic');
      await writeFileAtomic(fileOf(record.id), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
    },
    async remove(record) {
      await rm(fileOf(record.id), { force: true });
      await removeRequests(record);
    },
    removeRequests,
    spoolOf,
    linesOf,
    cancelOf,
    resultsOf,
  };
}

/** The records in a folder; a file that is none is passed over. */
export async function readRecords(folder: string): Promise<readonly BatchRecord[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+-[\w-]+\.json$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const records = texts
    .map((text) => jsonIn(text))
    .filter((value) => isObject(value) && typeof value['id'] === 'string');
  return (records as unknown as BatchRecord[]).toSorted((a, b) =>
    a.id.localeCompare(b.id, 'en', { numeric: true }),
  );
}

/** Removes what a run that was killed while it wrote down requests has left: files without a record. */
export async function removeOrphans({ folder }: BatchFolder, records: readonly BatchRecord[]): Promise<void> {
  const known = new Set(records.map(({ id }) => id));
  for (const name of await readdir(folder)) {
    // The last is of a record that was being replaced.
    if (/\.json\.\d+$/.test(name)) await rm(join(folder, name), { force: true });
    const id = /^(\d+-[\w-]+)\.(?:requests\.jsonl|upload\.jsonl|results)$/.exec(name)?.[1];
    if (id !== undefined && !known.has(id)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
