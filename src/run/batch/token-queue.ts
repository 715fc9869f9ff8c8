/**
 * How many tokens of prompts a provider lets wait in batches of one model (OpenAI's "enqueued tokens", its batch queue
 * limit): what the recipe says in `batch_enqueued_token_limit`, and what its refusals have shown. That is kept on disk
 * for a day, so that the next command does not meet the same refusals. Batches of other datasets beside this one fill
 * the same queue; of those, only the provider knows whether they are still in it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import type { BatchModel } from './batch-models.js';
import { readRecords, type BatchRecord } from './records.js';

export interface TokenQueue {
  /** The most tokens that batches of this model may have together. */
  limitOf(alias: string): number;
  /** Where nothing of ours waits, it is tried: the tokens are estimates, and a single request cannot be divided. */
  hasRoom(record: BatchRecord, list: readonly BatchRecord[]): Promise<boolean>;
  /** A batch was refused for its tokens. Whether it is to be divided: it was alone. */
  full(record: BatchRecord, list: readonly BatchRecord[]): Promise<boolean>;
}

export interface TokenQueueOptions {
  /** The records of the dataset, beside those of others. */
  readonly folder: string;
  readonly models: ReadonlyMap<string, Pick<BatchModel, 'client' | 'queue'>>;
  readonly today: () => Date;
  readonly signal: AbortSignal;
}

/** A queue that others of the account fill does not get emptier by smaller batches. */
const MOST_HALVINGS = 4;
const KEPT_MS = 24 * 60 * 60_000;
/** So long what others have in the queue is not asked again. */
const FRESH_MS = 60_000;

export async function openTokenQueue({
  folder,
  models,
  today,
  signal,
}: TokenQueueOptions): Promise<TokenQueue> {
  const file = join(folder, 'enqueued-tokens.json');
  const limits = await readLimits(file, today().getTime());
  const halvings = new Map<string, number>();
  const others = new Map<string, { readonly at: number; readonly tokens: number }>();
  const nameOf = (alias: string): string => models.get(alias)?.queue.name ?? alias;
  const limitOf = (alias: string): number =>
    Math.min(models.get(alias)?.queue.limit ?? Infinity, limits.get(nameOf(alias))?.tokens ?? Infinity);
  const underWay = (alias: string, list: readonly BatchRecord[]): readonly BatchRecord[] =>
    list.filter((record) => record.state === 'submitted' && isIn(nameOf(alias), record));

  /** The tokens of other datasets, as their provider has them now. */
  async function elsewhere(alias: string): Promise<number> {
    const name = nameOf(alias);
    const client = models.get(alias)?.client;
    const known = others.get(name);
    if (!client || (known && today().getTime() - known.at < FRESH_MS)) return known?.tokens ?? 0;
    let tokens = 0;
    for (const record of await besides(folder)) {
      if (record.state !== 'submitted' || record.batch === undefined || !isIn(name, record)) continue;
      const status = await client.status(record.batch, signal);
      const isGone = status.ok
        ? status.value.state === 'ended' || status.value.state === 'failed'
        : status.error.status === 404;
      if (!isGone) tokens += record.tokens;
    }
    others.set(name, { at: today().getTime(), tokens });
    return tokens;
  }

  return {
    limitOf,
    async hasRoom({ alias, tokens }, list) {
      const limit = limitOf(alias);
      if (limit === Infinity) return true;
      const own = tokensOf(underWay(alias, list));
      if (own > 0 && own + tokens > limit) return false;
      const all = own + (await elsewhere(alias));
      return all === 0 || all + tokens <= limit;
    },
    async full({ id, alias, tokens }, list) {
      const name = nameOf(alias);
      const waiting = tokensOf(underWay(alias, list).filter((record) => record.id !== id));
      const halved = halvings.get(name) ?? 0;
      const isAlone = waiting === 0 && halved < MOST_HALVINGS;
      if (isAlone) halvings.set(name, halved + 1);
      if (!isAlone && waiting === 0) return false;
      const next = isAlone ? Math.max(1, Math.floor(tokens / 2)) : waiting;
      limits.set(name, { tokens: Math.min(limitOf(alias), next), at: today().toISOString() });
      const { default: writeFileAtomic } = await import('write-file-atomic');
      await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(limits))}\n`, { mode: 0o600 });
      return isAlone;
    },
  };
}

const isIn = (name: string, { queue, alias }: BatchRecord): boolean => (queue ?? alias) === name;

const tokensOf = (list: readonly BatchRecord[]): number => list.reduce((sum, { tokens }) => sum + tokens, 0);

/** The records of the other datasets. */
async function besides(folder: string): Promise<readonly BatchRecord[]> {
  const root = dirname(folder);
  const names = (await readdir(root).catch(() => [])).filter((name) => name !== basename(folder));
  return (await Promise.all(names.map((name) => readRecords(join(root, name))))).flat();
}

interface Limit {
  readonly tokens: number;
  /** When it was learned. */
  readonly at: string;
}

async function readLimits(file: string, now: number): Promise<Map<string, Limit>> {
  const value = jsonIn(await readFile(file, 'utf8').catch(() => ''));
  const limits = new Map<string, Limit>();
  for (const [name, limit] of Object.entries(isObject(value) ? value : {})) {
    if (!isObject(limit)) continue;
    const { tokens, at } = limit;
    if (typeof tokens !== 'number' || typeof at !== 'string') continue;
    if (now - Date.parse(at) < KEPT_MS) limits.set(name, { tokens, at });
  }
  return limits;
}
