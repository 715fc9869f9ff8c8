/**
 * Finished blocks on their way from Redis into the store of this machine. Commands, system calls and transactions cost
 * more than the bytes of a block, so all blocks that are finished at a time go together: one command reads them, one
 * transaction stores them, and only then one removes them from Redis. Answers stay bytes on the whole way.
 */
import { endWithTime, type DiskAnswerStore } from '../../answer-store/answer-store.js';
import type { Clock } from '../../core/clock.js';
import type { QueueRedis, ReadBlock } from './commands.js';
import { BLOCKS, type RunKeys } from './keys.js';

export interface CollectorOptions<Result> {
  readonly clock: Clock;
  readonly redis: QueueRedis;
  readonly run: string;
  readonly keys: RunKeys;
  readonly store: Pick<DiskAnswerStore, 'putTexts' | 'remember'>;
  /** Removes the job of a block. */
  readonly removeJob: (name: string) => Promise<unknown>;
  /** A block is in the store, and no longer in Redis. */
  readonly onCollected: (name: string, result: Result) => void;
  readonly onFault: (fault: Error) => void;
}

export interface Collector<Result> {
  /** Collects a finished block soon. */
  collect(name: string, result: Result): void;
  /** Copies the answers of blocks into the store, as they are. */
  copy(names: readonly string[]): Promise<void>;
  /** Removes blocks from Redis. */
  remove(names: readonly string[]): Promise<void>;
  /** True for an answer in a copied block that was in the coordinator's store before the block was sent. */
  wasStored(key: string): boolean;
  /** Nothing is collected from now on. Resolves when nothing is on its way. */
  close(): Promise<void>;
}

/** Blocks that are read at a time, at most, and bytes after which no further one is. */
const TOGETHER = { blocks: 64, bytes: 4 * 2 ** 20 };

/** Milliseconds in which finished blocks are gathered: under load, several of them (group commit). */
const GATHER = 20;

export function createCollector<Result>(options: CollectorOptions<Result>): Collector<Result> {
  const { clock, redis, run, keys, store, removeJob, onCollected, onFault } = options;
  const finished = new Map<string, Result>();
  const stored = createRecentKeys();
  const closing = new AbortController();
  const closed = closing.signal;
  let collecting: Promise<void> | undefined;

  /** Copies the first of these blocks, and returns how many. */
  const copySome = async (names: readonly string[]): Promise<number> => {
    const some = names.slice(0, TOGETHER.blocks).map(keys.block);
    const blocks = await redis.ddReadBuffer(some.length, ...some, endWithTime(), TOGETHER.bytes);
    for (const [, , keysOfStored] of blocks) for (const key of linesOf(keysOfStored)) stored.add(key);
    await Promise.all([
      store.putTexts(blocks.flatMap(answersOf)),
      ...blocks.flatMap(factsOf).map(([name, value]) => store.remember(name, value)),
    ]);
    return blocks.length;
  };
  const remove = async (names: readonly string[]): Promise<void> => {
    const removed = redis
      .multi()
      .unlink(...names.map(keys.block))
      .srem(keys.blocks, ...names)
      .srem(BLOCKS, ...names.map((name) => `${run} ${name}`))
      .exec();
    await Promise.all([removed, ...names.map(removeJob)]);
  };
  const collectFinished = async (): Promise<void> => {
    while (finished.size > 0) {
      if (finished.size < TOGETHER.blocks) await clock.sleep(GATHER, closed);
      if (closed.aborted) break;
      const first = [...finished].slice(0, await copySome([...finished.keys()]));
      await remove(first.map(([name]) => name));
      for (const [name, result] of first) {
        finished.delete(name);
        onCollected(name, result);
      }
    }
    collecting = undefined;
  };
  return {
    collect(name, result) {
      if (finished.has(name)) return;
      finished.set(name, result);
      collecting ??= collectFinished().catch(onFault);
    },
    async copy(names) {
      for (let at = 0; at < names.length;) at += await copySome(names.slice(at));
    },
    remove,
    wasStored: stored.has,
    async close() {
      closing.abort();
      await collecting;
    },
  };
}

function answersOf([keys, texts]: ReadBlock): readonly (readonly [key: string, text: Buffer])[] {
  const names = linesOf(keys);
  return texts.map((text, at) => [names[at] ?? '', text]);
}

function factsOf([, , , facts]: ReadBlock): readonly (readonly [name: string, value: string])[] {
  const texts = facts.map(String);
  return texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? ''] as const] : []));
}

const linesOf = (text: Buffer): readonly string[] => (text.length === 0 ? [] : text.toString().split('\n'));

/** The latest keys; rows are made soon after their answers came. */
function createRecentKeys(): { add(key: string): void; has(key: string): boolean } {
  let [recent, older] = [new Set<string>(), new Set<string>()];
  return {
    add(key) {
      recent.add(key);
      if (recent.size >= RECENT) [recent, older] = [new Set(), recent];
    },
    has: (key) => recent.has(key) || older.has(key),
  };
}

/** More than the answers of all rows that may be on their way. */
const RECENT = 200_000;
