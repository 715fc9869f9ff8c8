/**
 * What became of requests that got no answer from a batch, by their key: a line each time, the last one counts. A
 * request that is refused fails as it would online, and one that may succeed is asked again. It lasts until the
 * dataset is finished.
 */
import { appendFile, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, jsonIn } from '../../core/json.js';
import type { Adaptation } from '../../models/providers/adaptation.js';
import type { CallError } from '../../models/types.js';

export interface Outcome {
  readonly key: string;
  /** `again`: it goes into the next batch. */
  readonly kind: 'failed' | 'again';
  /** Every error so far. */
  readonly errors: readonly CallError[];
  /** How it is to be asked next time; as is known then when left out. */
  readonly adaptation?: Adaptation;
}

export interface Outcomes {
  get(key: string): Outcome | undefined;
  /** Resolves when they are on the disk. */
  add(outcomes: readonly Outcome[]): Promise<void>;
  clear(): Promise<void>;
}

export async function openOutcomes(folder: string): Promise<Outcomes> {
  const file = join(folder, 'outcomes.jsonl');
  const byKey = new Map<string, Outcome>();
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const value = jsonIn(line);
    if (isObject(value) && typeof value['key'] === 'string' && Array.isArray(value['errors']))
      byKey.set(value['key'], value as unknown as Outcome);
  }
  // A line that was cut off must not swallow the next one.
  if (text !== '' && !text.endsWith('\n')) await appendFile(file, '\n');
  return {
    get: (key) => byKey.get(key),
    async add(outcomes) {
      if (outcomes.length === 0) return;
      const handle = await open(file, 'a', 0o600);
      try {
        await handle.write(outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
        await handle.sync();
      } finally {
        await handle.close();
      }
      for (const outcome of outcomes) byKey.set(outcome.key, outcome);
    },
    async clear() {
      byKey.clear();
      await rm(file, { force: true });
    },
  };
}
