/**
 * How many tokens of prompts a provider lets wait in batches, as far as its refusals have shown it. What was learned is
 * kept on disk for a day, so that the next command does not meet the same refusals.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import type { BatchRecord } from './records.js';

export interface TokenQueue {
  limitOf(alias: string): number;
  /** Where nothing of ours waits, it is tried: others of the account may have filled the queue. */
  hasRoom(record: BatchRecord, list: readonly BatchRecord[]): boolean;
  /** A batch was refused for its tokens. Whether it is to be divided: it was alone. */
  full(record: BatchRecord, list: readonly BatchRecord[]): Promise<boolean>;
}

/** A queue that others of the account fill does not get emptier by smaller batches. */
const MOST_HALVINGS = 4;
const KEPT_MS = 24 * 60 * 60_000;

export async function openTokenQueue(folder: string, today: () => Date): Promise<TokenQueue> {
  const file = join(folder, 'enqueued-tokens.json');
  const limits = await readLimits(file, today().getTime());
  const halvings = new Map<string, number>();
  const limitOf = (alias: string): number => limits.get(alias)?.tokens ?? Infinity;
  return {
    limitOf,
    hasRoom({ alias, tokens }, list) {
      const waiting = underWay(alias, list);
      return waiting.length === 0 || tokensOf(waiting) + tokens <= limitOf(alias);
    },
    async full({ id, alias, tokens }, list) {
      const waiting = tokensOf(underWay(alias, list).filter((record) => record.id !== id));
      const halved = halvings.get(alias) ?? 0;
      const isAlone = waiting === 0 && halved < MOST_HALVINGS;
      if (isAlone) halvings.set(alias, halved + 1);
      if (!isAlone && waiting === 0) return false;
      const next = isAlone ? Math.max(1, Math.floor(tokens / 2)) : waiting;
      limits.set(alias, { tokens: Math.min(limitOf(alias), next), at: today().toISOString() });
      const { default: writeFileAtomic } = await import('write-file-atomic');
      await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(limits))}\n`, { mode: 0o600 });
      return isAlone;
    },
  };
}

interface Limit {
  readonly tokens: number;
  /** When it was learned. */
  readonly at: string;
}

async function readLimits(file: string, now: number): Promise<Map<string, Limit>> {
  const value = jsonIn(await readFile(file, 'utf8').catch(() => ''));
  const limits = new Map<string, Limit>();
  for (const [alias, limit] of Object.entries(isObject(value) ? value : {})) {
    if (!isObject(limit)) continue;
    const { tokens, at } = limit;
    if (typeof tokens !== 'number' || typeof at !== 'string') continue;
    if (now - Date.parse(at) < KEPT_MS) limits.set(alias, { tokens, at });
  }
  return limits;
}

const underWay = (alias: string, list: readonly BatchRecord[]): readonly BatchRecord[] =>
  list.filter((record) => record.alias === alias && record.state === 'submitted');

const tokensOf = (list: readonly BatchRecord[]): number => list.reduce((sum, { tokens }) => sum + tokens, 0);
