/**
 * The coordinator of a queue, beside the run that it is part of. There is no record of progress: a block that a worker
 * has made is copied into the store of this machine and removed from Redis, and the run makes its rows from there. A
 * coordinator that was killed finds its blocks in Redis when it is started again, by an id that it keeps beside the
 * answers.
 */
import type { Job } from 'bullmq';
import { systemClock } from '../../core/clock.js';
import type { EventSink } from '../../core/events.js';
import type { Failure } from '../../core/failure.js';
import type { DiskAnswerStore } from '../../answer-store/answer-store.js';
import type { UsageEntry } from '../../models/usage/usage.js';
import type { Plan } from '../../engine/types.js';
import type { IdentifiedRow } from '../../engine/row-identity.js';
import { rowText, type BlockResult } from './blocks.js';
import { answerValue } from './block-store.js';
import { createCollector } from './collect.js';
import { ANSWER, FACT, FILE, FROM_STORE, ROWS } from './commands.js';
import type { QueueConnection } from './connection.js';
import type { NewBlock, SentBlock } from './dispatch.js';
import type { Gauges } from './metrics.js';
import { BLOCKS, keysOf, NEWS, RUNS, type News } from './keys.js';
import type { RunProblem } from '../problem.js';
import { openKnownRun } from './known-run.js';
import { readNews } from './read-news.js';
import { recordIn, type RunRecord } from './run-record.js';

export interface CoordinatorOptions {
  readonly plan: Plan;
  readonly record: RunRecord;
  readonly store: Pick<DiskAnswerStore, 'putTexts' | 'remember'>;
  /** The file of the run, see `known-run.ts`. */
  readonly idFile: string;
  /** Is told what happens on workers. */
  readonly emit: EventSink;
}

export interface Coordinator {
  /** The block of a row that is in Redis already. */
  findSent(row: IdentifiedRow): SentBlock | undefined;
  send(block: NewBlock): Promise<SentBlock>;
  onCollected(wake: (fault?: Error) => void): void;
  /** Why a cell failed on a worker. */
  failureOf(column: string, sample: string): Failure | undefined;
  readonly gauges: Gauges;
  /** True for an answer of a row that workers have made, if they asked for it in this run. */
  isPaidNow(key: string): boolean;
  /** The requests of all workers so far. */
  usage(): readonly UsageEntry[];
  /**
   * Ends the run: workers send no further request, what they have is collected, and its keys are removed.
   *
   * @param abort cuts off the requests in flight
   */
  end(abort: AbortSignal): Promise<void>;
  /** Leaves the run in Redis, for the next start. */
  leave(): Promise<void>;
}

interface OpenBlock {
  readonly name: string;
  isCollected: boolean;
}

/** A worker that cannot make a block leaves it to another so often. */
const TRIES = 3;

/** Milliseconds between two looks at what is done, for the case that a message was lost. */
const SWEEP = 5000;

export async function openCoordinator(
  connection: QueueConnection,
  { plan, record, store, idFile, emit }: CoordinatorOptions,
): Promise<Coordinator> {
  const { redis, bullmq, another, blocking } = connection;
  const onLeft = (text: string): void => emit({ kind: 'worker-note', text });
  const opened = await openKnownRun(idFile, record.rows, onLeft);
  if (!opened.ok) throw faultOf(opened.error);
  const run = opened.value;
  const { id } = run;
  const keys = keysOf(id);
  const { name: queueName, prefix } = keys.queue;
  const queue = new bullmq.Queue(queueName, { connection: another(), prefix });
  const events = new bullmq.QueueEvents(queueName, { connection: blocking(), prefix });
  // The connection comes back by itself.
  queue.on('error', () => undefined);
  events.on('error', () => undefined);
  const blocks = new Map<string, OpenBlock>();
  const sent = new Map<string, OpenBlock>();
  const failures = new Map<string, Failure>();
  const keyOf = (column: string, sample: string): string => `${column}\n${sample}`;
  let number = 0;
  let wake: (fault?: Error) => void = () => undefined;
  const news = (kind: News['kind']): Promise<unknown> =>
    redis.publish(NEWS, JSON.stringify({ run: id, kind } satisfies News));

  const collector = createCollector<BlockResult>({
    clock: systemClock,
    redis,
    run: id,
    keys,
    store,
    removeJob: (name) => queue.remove(name),
    onCollected(name, result) {
      for (const { column, sample = '', failure } of result.failures)
        failures.set(keyOf(column, sample), failure);
      const block = blocks.get(name);
      if (block) block.isCollected = true;
      blocks.delete(name);
      void run.rows.remove(name);
      wake();
    },
    onFault: (fault) => wake(fault),
  });
  const finish = (name: string, result: BlockResult): void => {
    if (blocks.has(name)) collector.collect(name, result);
  };
  const giveUp = (name: string, reason: string): void => {
    if (blocks.has(name)) wake(unmade(reason));
  };
  events.on('completed', ({ jobId, returnvalue }) => {
    const result = (returnvalue as unknown as BlockResult | null) ?? undefined;
    if (result) finish(jobId, typeof result === 'string' ? (JSON.parse(result) as BlockResult) : result);
  });
  events.on('failed', ({ jobId, failedReason }) => giveUp(jobId, failedReason));
  const sweep = async (): Promise<void> => {
    const done = (await queue.getJobs(['completed', 'failed'])) as readonly Job<unknown, BlockResult>[];
    for (const { id: name = '', returnvalue, failedReason } of done)
      if (failedReason) giveUp(name, failedReason);
      else finish(name, returnvalue);
  };

  await findEarlier();
  await run.removeEarlier();
  await events.waitUntilReady();
  await redis.multi().set(keys.record, JSON.stringify(record)).sadd(RUNS, id).exec();
  await news('begin');
  const reader = readNews(blocking(), keys, emit);
  await reader.start(redis);
  const sweeping = setInterval(() => void sweep().catch(() => undefined), SWEEP);
  void sweep().catch(() => undefined);

  return {
    findSent: (row) => sent.get(rowText(row, plan)),
    async send({ rows, known }) {
      const name = `block-${number}`;
      number += 1;
      const put = await run.rows.put(
        name,
        rows.map((row) => rowText(row, plan)),
      );
      if (!put.ok) throw faultOf(put.error);
      const block: OpenBlock = { name, isCollected: false };
      blocks.set(name, block);
      const answers = known.flatMap((each) => [...each.answers]);
      const facts = known.flatMap((each) => [...each.facts]);
      await redis
        .multi()
        .hset(keys.block(name), {
          ...Object.fromEntries(
            answers.map(([key, answer]) => [`${ANSWER}${key}`, answerValue(answer, FROM_STORE)]),
          ),
          ...Object.fromEntries(facts.map(([fact, value]) => [`${FACT}${fact}`, value])),
          ...put.value,
        })
        .sadd(keys.blocks, name)
        .sadd(BLOCKS, `${id} ${name}`)
        .exec();
      await add(name);
      return block;
    },
    onCollected: (call) => (wake = call),
    failureOf: (column, sample) => failures.get(keyOf(column, sample)),
    async gauges() {
      const { wait = 0, active = 0 } = await queue.getJobCounts('wait', 'active');
      return {
        dd_blocks_waiting: wait,
        dd_blocks_active: active,
        dd_workers_alive: await redis.ddAlive(keys.workers),
      };
    },
    isPaidNow: (key) => !collector.wasStored(key),
    usage: reader.usage,
    async end(abort) {
      try {
        await collector.close();
        if (blocks.size > 0) await endEarly(abort);
        await reader.readRest(redis);
      } finally {
        const stopped = stopListening();
        if (!connection.isLost) await stopped;
        else stopped.catch(() => undefined);
      }
      await removeKeys();
      await redis.srem(RUNS, id);
      await news('end');
      await run.remove();
    },
    async leave() {
      void collector.close();
      await stopListening();
    },
  };

  async function add(name: string): Promise<void> {
    await queue.add(
      'block',
      {},
      { jobId: name, attempts: TRIES, removeOnComplete: false, removeOnFail: false },
    );
  }

  /** Takes over the blocks of a coordinator that was killed, or copies what they have when they are of another recipe. */
  async function findEarlier(): Promise<void> {
    const names = await redis.smembers(keys.blocks);
    const earlier = recordIn(await redis.get(keys.record));
    const isSame =
      earlier?.sha256 === record.sha256 &&
      earlier.dd === record.dd &&
      earlier.rows === record.rows &&
      earlier.randomSeed === record.randomSeed;
    if (!isSame) {
      await collector.copy(names);
      await news('stop');
      await removeKeys();
      return;
    }
    // This start lets workers try once more.
    for (const failed of await queue.getJobs(['failed'])) await failed.remove();
    for (const name of names) {
      number = Math.max(number, Number(name.replace('block-', '')) + 1);
      const [packed, file] = await redis.hmgetBuffer(keys.block(name), ROWS, FILE);
      const rows = await run.rows.take(name, { [ROWS]: packed ?? undefined, [FILE]: file ?? undefined });
      if (!rows) {
        // Its rows are sent again.
        await collector.copy([name]);
        await collector.remove([name]);
        continue;
      }
      const block: OpenBlock = { name, isCollected: false };
      blocks.set(name, block);
      for (const row of rows) sent.set(row, block);
      // Killed before it was queued; otherwise this does nothing.
      await add(name);
    }
  }

  async function endEarly(abort: AbortSignal): Promise<void> {
    await queue.pause();
    await redis.set(keys.record, JSON.stringify({ ...record, isStopping: true } satisfies RunRecord));
    await news('stop');
    const onAbort = (): void => void news('abort');
    abort.addEventListener('abort', onAbort, { once: true });
    // Without a worker that is alive, no block in work comes back.
    while (!abort.aborted && (await queue.getActiveCount()) > 0 && (await redis.ddAlive(keys.workers)) > 0)
      await systemClock.sleep(50, abort);
    abort.removeEventListener('abort', onAbort);
    await collector.copy([...blocks.keys()]);
  }

  async function stopListening(): Promise<void> {
    clearInterval(sweeping);
    await reader.stop();
    await Promise.all([queue.close(), events.close()]);
  }

  async function removeKeys(): Promise<void> {
    const names = await redis.smembers(keys.blocks);
    if (names.length > 0) await redis.srem(BLOCKS, ...names.map((name) => `${id} ${name}`));
    for await (const found of redis.scanStream({ match: keys.pattern, count: 1000 }) as AsyncIterable<
      string[]
    >)
      if (found.length > 0) await redis.unlink(...found);
  }
}

/** A fault that is not one of this program: its message is all that is shown. */
function queueFault(...lines: readonly string[]): Error {
  return Object.assign(new Error(lines.join('\n')), { code: 'EQUEUE' });
}

const faultOf = ({ message, hint = '' }: RunProblem): Error => queueFault(message, hint);

const unmade = (reason: string): Error =>
  queueFault(
    `workers could not make a block of rows, and tried ${TRIES} times: ${reason}`,
    'Run the same command again to let them try once more, or without --queue to make these rows here. No stored answer is lost.',
  );
