import { describe, expect, it } from '@jest/globals';
import { runRows } from '../../src/engine/run-rows.js';
import type { FinishedRow, Plan } from '../../src/engine/types.js';
import type { JsonObject } from '../../src/core/json.js';
import type { Models } from '../../src/models/types.js';
import { err, ok } from '../../src/core/result.js';
import { deferred, done, fakePlan } from './fake-plan.js';

/** More rows than are read between two looks at what is stored. */
const STORED = 1200;
const ALL = 2000;

/** Rows that each ask one question, and what is asked and looked up, in order. */
function scene() {
  const stored = new Set<string>();
  const log: string[] = [];
  const ask: Models['ask'] = async ({ rowId: sample }) => {
    log.push(`${stored.has(sample) ? 'stored' : 'asked'} ${sample}`);
    stored.add(sample);
    return ok({ value: sample, text: sample, conversation: [] });
  };
  const lookUp: Models['ask'] = async ({ rowId: sample }) =>
    stored.has(sample)
      ? ok({ value: sample, text: sample, conversation: [] })
      : err({ class: 'stopped', message: 'not stored', attempts: [] });
  const plan = fakePlan([
    {
      name: 'x',
      seedColumns: ['look'],
      make: async (_row, sample, models) => {
        const reply = await models.ask({ alias: 'a', column: 'x', messages: [], rowId: sample, priority: 0 });
        return reply.ok ? done('x', sample) : { state: 'failed', failure: reply.error };
      },
    },
  ]);
  return { plan, log, models: { ask }, stored: { ask: lookUp } };
}

const seeds = (lookOf: (index: number) => string, count = ALL): readonly JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({ look: lookOf(index) }));

interface Run {
  readonly plan: Plan;
  readonly models: Models;
  readonly stored?: Models | undefined;
  readonly rows: AsyncIterable<JsonObject> | readonly JsonObject[];
  readonly stop?: AbortSignal;
  readonly exitNow?: AbortSignal;
}

function start({ plan, models, stored, rows, stop = new AbortController().signal, exitNow }: Run) {
  return runRows({
    plan,
    seeds: again(rows),
    models,
    emit: () => undefined,
    window: { unfinished: 4, rows: 20, bytes: 1e6 },
    stop,
    exitNow,
    stored,
  });
}

function again(rows: Run['rows']): AsyncIterable<JsonObject> {
  if (Symbol.asyncIterator in rows) return rows;
  return {
    async *[Symbol.asyncIterator]() {
      yield* rows;
    },
  };
}

async function collect(rows: AsyncIterable<FinishedRow>): Promise<readonly FinishedRow[]> {
  const all: FinishedRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Runs the first rows, as an earlier run did that was broken off. */
async function broken(rows: readonly JsonObject[]) {
  const set = scene();
  await collect(start({ ...set, rows: rows.slice(0, STORED), stored: undefined }));
  set.log.length = 0;
  return set;
}

describe('a run that goes on from one that was broken off', () => {
  it('asks what is missing before it makes the stored rows again, and each question once', async () => {
    const rows = seeds(String);
    const { log, ...set } = await broken(rows);
    const made = await collect(start({ ...set, rows }));

    const firstStored = log.findIndex((line) => line.startsWith('stored'));
    expect(firstStored).toBeGreaterThan(0);
    expect(log.slice(0, firstStored).every((line) => line.startsWith('asked'))).toBe(true);
    const asked = log.filter((line) => line.startsWith('asked'));
    expect(asked).toHaveLength(ALL - STORED);
    expect(new Set(asked).size).toBe(asked.length);
    expect(made.map(({ index }) => index)).toEqual(rows.map((_, index) => index));
  });

  it('gives what an undisturbed run gives, where rows look the same as well', async () => {
    const rows = seeds((index) => String(index % 7));
    const { log, ...set } = await broken(rows);
    const made = await collect(start({ ...set, rows }));
    const undisturbed = scene();
    expect(made).toEqual(await collect(start({ ...undisturbed, rows, stored: undefined })));
    expect(log.filter((line) => line.startsWith('asked'))).toHaveLength(ALL - STORED);
  });

  it('makes a row again whose seed changed since it was begun', async () => {
    const { log, ...set } = await broken(seeds(String));
    let readings = 0;
    const rows: AsyncIterable<JsonObject> = {
      async *[Symbol.asyncIterator]() {
        readings += 1;
        for (const seed of seeds(String))
          yield seed['look'] === '1500' && readings > 1 ? { look: 'new' } : seed;
      },
    };
    const made = await collect(start({ ...set, rows }));
    expect(readings).toBe(2);
    expect(made[1500]?.seed).toEqual({ look: 'new' });
    expect(log.filter((line) => line.startsWith('asked'))).toHaveLength(ALL - STORED + 1);
  });

  it('ends only when every row that it began has ended, those too that were made again', async () => {
    const { log, ...set } = await broken(seeds(String));
    const answer = deferred<void>();
    let readings = 0;
    const rows: AsyncIterable<JsonObject> = {
      async *[Symbol.asyncIterator]() {
        readings += 1;
        for (const seed of seeds(String, 1510))
          yield seed['look'] === '1500' && readings > 1 ? { look: 'new' } : seed;
      },
    };
    const models: Models = {
      ask: async (question) => {
        const reply = await set.models.ask(question);
        // Only the row whose seed will be another one.
        if (log.filter((line) => line.startsWith('asked')).length === 1) await answer.promise;
        return reply;
      },
    };
    let hasEnded = false;
    const all = collect(start({ ...set, models, rows })).then((made) => {
      hasEnded = true;
      return made;
    });
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect([log.some((line) => line.startsWith('asked')), hasEnded]).toEqual([true, false]);
    answer.resolve();
    expect(await all).toHaveLength(1510);
  });

  it('begins none once it is interrupted, and makes no stored row either', async () => {
    const rows = seeds(String);
    const { log, ...set } = await broken(rows);
    const stop = new AbortController();
    const running = start({ ...set, rows, stop: stop.signal });
    await running.next();
    stop.abort();
    const before = log.filter((line) => line.startsWith('asked')).length;
    const rest = await collect(running);
    expect(rest.length).toBeLessThan(100);
    expect(log.filter((line) => line.startsWith('asked'))).toHaveLength(before);
  });

  it('gives all rows that are stored or begun where a limit stops it', async () => {
    const rows = seeds(String);
    const { log, ...set } = await broken(rows);
    const stop = new AbortController();
    const models: Models = {
      ask: async (question) => {
        const reply = await set.models.ask(question);
        if (log.at(-1)?.startsWith('asked')) stop.abort();
        return reply;
      },
    };
    const exitNow = new AbortController().signal;
    const made = await collect(start({ ...set, models, rows, stop: stop.signal, exitNow }));
    const asked = log.filter((line) => line.startsWith('asked')).length;
    expect(made.length).toBeGreaterThanOrEqual(STORED + asked);
    expect(made.length).toBeLessThan(ALL);
    expect(made.filter(({ failures }) => failures.length === 0)).toHaveLength(made.length);
  });

  it('is not held up where the seed cannot be read twice', async () => {
    const rows = seeds(String);
    const { log: _log, ...set } = await broken(rows);
    let readings = 0;
    const unreadable: AsyncIterable<JsonObject> = {
      async *[Symbol.asyncIterator]() {
        readings += 1;
        for (const seed of rows) {
          if (readings === 1 && seed['look'] === '1501') throw new Error('EIO once');
          yield seed;
        }
      },
    };
    expect(await collect(start({ ...set, rows: unreadable }))).toHaveLength(ALL);
  });
});

describe('a run that begins', () => {
  it('looks at its first row and goes on as ever', async () => {
    const set = scene();
    const read: string[] = [];
    let readings = 0;
    const rows: AsyncIterable<JsonObject> = {
      async *[Symbol.asyncIterator]() {
        const reading = (readings += 1);
        for (const seed of seeds(String, 3)) {
          read.push(`${reading}: ${String(seed['look'])}`);
          yield seed;
        }
      },
    };
    expect(await collect(start({ ...set, rows }))).toHaveLength(3);
    expect(read).toEqual(['1: 0', '2: 0', '2: 1', '2: 2']);
  });
});
