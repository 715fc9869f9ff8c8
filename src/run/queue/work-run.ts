/** One worker on one run: takes blocks, makes their cells, and gives back what it cannot finish. */
import { mediaInMemory, mediaPlaces } from '../../dataset/media.js';
import type { Job } from 'bullmq';
import type { CellFailure, EventSink, RunEvent } from '../../core/events.js';
import { systemClock } from '../../core/clock.js';
import { isUntried } from '../../core/failure.js';
import { runRows } from '../../engine/run-rows.js';
import type { FinishedRow, Plan } from '../../engine/types.js';
import { createLimiters } from '../../models/rate-limiting/limiters.js';
import { createModels } from '../../models/models.js';
import { createServiceTransport } from '../../models/wire/service-transport.js';
import { createTransports } from '../../models/wire/transports.js';
import { sumUsage } from '../../models/usage/usage.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import type { RunProblem } from '../problem.js';
import { completer, parallelOf, windowOf } from '../run-plan.js';
import type { BlockResult } from './blocks.js';
import { blockRows, blocksFor, given, rowOf } from './blocks.js';
import { createBlockStore } from './block-store.js';
import { FILE, ROWS } from './commands.js';
import type { QueueConnection } from './connection.js';
import { keysOf } from './keys.js';
import { collectNews } from './news.js';
import type { WorkerMessage } from './read-news.js';
import type { ReadRows } from './row-files.js';
import { shareLimits } from './shared-limits.js';
import type { RunRecord } from './run-record.js';

/** Milliseconds. */
export interface QueueTiming {
  /** After so long without a sign of life, the block of a worker is given to another one. */
  readonly lock: number;
  /** How often the workers look for such blocks. */
  readonly stalled: number;
  /** How often a worker tells what it does. */
  readonly news: number;
  /** How often a worker asks for its part of the limits. */
  readonly share: number;
  /** How often it looks for runs, for the case that a message was lost. */
  readonly look: number;
}

/** A block is taken over after at most lock + 2 × stalled: 25 seconds. */
export const TIMING: QueueTiming = { lock: 15_000, stalled: 5000, news: 500, share: 1000, look: 5000 };

export interface WorkRunOptions {
  readonly connection: QueueConnection;
  readonly id: string;
  readonly record: RunRecord;
  readonly plan: Plan;
  readonly readRows: ReadRows;
  /** The name of this worker. */
  readonly worker: string;
  /** Blocks at a time, at most. Left out, as many as keep the requests busy that this worker may have in flight. */
  readonly concurrency?: number | undefined;
  readonly timing: QueueTiming;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** No new request: those in flight are waited for, and blocks are given back. */
  readonly stop: AbortSignal;
  readonly abort: AbortSignal;
  /** Is told what happens here. */
  readonly onEvent: EventSink;
  /** Called when a block was taken, made, or given back. */
  readonly onBlock: (active: number) => void;
  /** What every other request or block would meet too: this worker leaves the run. */
  readonly onFatal: (problem: RunProblem) => void;
}

export interface WorkedRun {
  /** Ends after the blocks in work; with `stop` aborted, these are given back. */
  close(): Promise<void>;
}

export function workOnRun(options: WorkRunOptions): WorkedRun {
  const {
    connection,
    id,
    record,
    plan,
    worker: name,
    concurrency = Infinity,
    timing,
    env,
    stop,
    abort,
    onEvent,
  } = options;
  const { redis, bullmq, another } = connection;
  const keys = keysOf(id);
  const limits = shareLimits({
    redis,
    keys,
    worker: `${name} ${id}`,
    beat: timing.share,
    onChange: () => {
      taking.concurrency = blocksNow();
    },
  });
  const rowsOfBlock = blockRows(parallelOf(plan));
  const blocksNow = (): number => Math.min(concurrency, blocksFor(limits.inFlight(), rowsOfBlock));
  const limiterOf = createLimiters(plan.models.values(), systemClock, stop, limits.shareOf);
  const facts = new Map<string, string>();
  const transportFor = createTransports(env);
  const callService = createServiceTransport(env);
  const news = collectNews();
  const emit = (event: RunEvent): void => {
    news.sink(event);
    onEvent(event);
  };
  const inWork = new Map<string, () => readonly UsageEntry[]>();
  let earlier: readonly UsageEntry[] = [];
  let isTelling = false;

  const tell = async (): Promise<void> => {
    const events = news.take();
    if (events.length === 0) return;
    isTelling = true;
    const usage = sumUsage([...earlier, ...[...inWork.values()].flatMap((entries) => entries())]);
    const message: WorkerMessage = { worker: name, events, usage };
    await redis
      .multi()
      .hset(keys.usage, name, JSON.stringify(usage))
      .rpush(keys.events, JSON.stringify(message))
      .ltrim(keys.events, -100_000, -1)
      .exec()
      .catch((error: unknown) => {
        news.putBack(events);
        throw error;
      })
      .finally(() => (isTelling = false));
  };
  const beat = (): void => void redis.ddBeat(keys.workers, name, timing.lock).catch(() => undefined);
  beat();
  const beating = setInterval(beat, timing.lock / 3);
  const telling = setInterval(() => void (isTelling || tell().catch(() => undefined)), timing.news);

  const make = async (job: Job, token: string | undefined, lost: AbortSignal): Promise<BlockResult> => {
    const block = String(job.id);
    const key = keys.block(block);
    const packed = await redis.hgetallBuffer(key);
    if (!packed[ROWS]) return { failures: [] };
    const read = await options.readRows(block, packed);
    if (!read.ok) {
      // A block that was collected meanwhile has no file.
      const now = await redis.hgetBuffer(key, FILE);
      if (lost.aborted || !now?.equals(packed[FILE] ?? Buffer.of())) return { failures: [] };
      options.onFatal(read.error);
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    }
    const taken = new AbortController();
    const stopBlock = AbortSignal.any([stop, lost, taken.signal]);
    const fields = Object.fromEntries(
      Object.entries(packed).map(([field, value]) => [field, value.toString()]),
    );
    const own = { redis, key, lock: keys.lock(block), token: token ?? '' };
    const store = createBlockStore({ ...own, fields, facts, onLost: () => taken.abort() });
    const models = createModels({
      models: plan.models,
      transportFor,
      limiterOf,
      callService,
      store,
      runConfig: plan.recipe.run_config ?? {},
      retryFailed: record.retryFailed,
      emit,
      stop: stopBlock,
      abort,
    });
    inWork.set(block, models.usage);
    options.onBlock(inWork.size);
    const identified = read.value.map((text) => rowOf(text, plan));
    const failures: CellFailure[] = [];
    let isUnfinished = false;
    try {
      const finished = runRows({
        plan,
        seeds: noRows(),
        arrive: () => given(identified),
        models,
        media: mediaInMemory(mediaPlaces(plan)),
        emit,
        window: { ...windowOf(plan), rows: identified.length, unfinished: identified.length },
        stop: stopBlock,
        complete: plan.accept ? completer(plan) : undefined,
      });
      let count = 0;
      for await (const row of finished) {
        count += 1;
        for (const failed of failuresOf(row)) {
          if (isUntried(failed.failure)) isUnfinished = true;
          else if (failed.sample !== undefined) failures.push(failed);
          if (isUntried(failed.failure) && failed.failure.class !== 'stopped')
            options.onFatal(failed.failure);
        }
      }
      if (count < identified.length) isUnfinished = true;
    } finally {
      inWork.delete(block);
      earlier = sumUsage([...earlier, ...models.usage()]);
      options.onBlock(inWork.size);
    }
    await tell();
    if (!isUnfinished) return { failures };
    if (!lost.aborted && !taken.signal.aborted) await job.moveToWait(token);
    throw new bullmq.WaitingError();
  };

  const { name: queueName, prefix } = keys.queue;
  const taking = new bullmq.Worker(queueName, make as never, {
    connection: another(),
    prefix,
    name,
    concurrency: blocksNow(),
    runRetryDelay: 1000,
    lockDuration: timing.lock,
    stalledInterval: timing.stalled,
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    removeOnComplete: { count: Number.MAX_SAFE_INTEGER },
    removeOnFail: { count: Number.MAX_SAFE_INTEGER },
  });
  taking.on('error', () => undefined);
  taking.on('lockRenewalFailed', (jobs: readonly string[]) => {
    for (const job of jobs) taking.cancelJob(job, 'another worker has this block');
  });
  return {
    async close() {
      await taking.close();
      clearInterval(telling);
      clearInterval(beating);
      await Promise.all([redis.zrem(keys.workers, name), limits.close(), tell()]);
    },
  };
}

const failuresOf = (row: FinishedRow): readonly CellFailure[] =>
  [...(row.earlier ?? []), row].flatMap(({ failures, nulled }) => [...failures, ...nulled]);

async function* noRows(): AsyncGenerator<never> {}
