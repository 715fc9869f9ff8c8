/** The connection to Redis. A command that is sent while Redis is away waits until it is back. */
import type { Redis } from 'ioredis';
import { systemClock } from '../../core/clock.js';
import { onAbort } from '../../core/on-abort.js';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { addressIn, unreachable } from './address.js';
import { withCommands, type QueueRedis } from './commands.js';
import { loadQueuePackages, type QueuePackages } from './packages.js';

/** A Redis server, reached once at least. */
export interface QueueConnection extends QueuePackages {
  readonly redis: QueueRedis;
  /** How messages name it. */
  readonly name: string;
  /** Another connection, on which commands wait for no other one. */
  another(): QueueRedis;
  /** One for commands that block, which come one after the other: nothing is gathered, which takes time. */
  blocking(): QueueRedis;
  /**
   * After an interruption Redis is not waited for without end: when it does not answer for `patience` milliseconds, or for
   * a tenth of it when `abort` is aborted too, the connections are closed and every command fails.
   */
  giveUpAfter(stop: AbortSignal, abort: AbortSignal, patience?: number): void;
  /** True when Redis did not answer after an interruption. */
  readonly isLost: boolean;
  /** Resolves then. */
  readonly lost: Promise<void>;
  /** Closes every connection. */
  close(): void;
}

export async function connectQueue(url: string): Promise<Result<QueueConnection, RunProblem>> {
  const address = addressIn(url);
  if (!address.ok) return address;
  const { name, database } = address.value;
  const packages = await loadQueuePackages();
  if (!packages.ok) return packages;
  const { Redis } = packages.value.ioredis;
  const probe = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    connectTimeout: 10_000,
    retryStrategy: () => null,
  });
  let reason = '';
  probe.on('error', (error: Error) => (reason ||= error.message));
  try {
    await probe.connect();
    // A database that is not there is no error of `connect`: the commands would go to another one.
    await (database === undefined ? probe.ping() : probe.select(database));
  } catch (error) {
    return err(unreachable(name, reason || (error as Error).message));
  } finally {
    probe.disconnect();
  }
  const opened: Redis[] = [];
  let isLost = false;
  let tellLost = (): void => undefined;
  const lost = new Promise<void>((resolve) => (tellLost = resolve));
  const open = (enableAutoPipelining: boolean): QueueRedis => {
    const redis = new Redis(url, {
      maxRetriesPerRequest: null,
      enableAutoPipelining,
      retryStrategy: (times) => (isLost ? null : Math.min(2000, 50 * 2 ** Math.min(times, 6))),
    });
    // Reconnecting is what is done about it.
    redis.on('error', () => undefined);
    opened.push(redis);
    return withCommands(redis);
  };
  const another = (): QueueRedis => open(true);
  const redis = another();
  const closed = new AbortController();
  const close = (): void => {
    closed.abort();
    for (const each of opened) each.disconnect();
  };
  /** Commands of a connection that waits for its next try fail when that has failed, not when it is closed before. */
  const lose = (): void => {
    isLost = true;
    tellLost();
    closed.abort();
    for (const each of opened) if (each.status !== 'reconnecting') each.disconnect();
  };
  return ok({
    ...packages.value,
    redis,
    name,
    another,
    blocking: () => open(false),
    giveUpAfter(stop, abort, patience = PATIENCE) {
      const watch = async (): Promise<void> => {
        while (!closed.signal.aborted) {
          const isThere = await Promise.race([answers(redis), waitInVain()]);
          if (closed.signal.aborted) return;
          if (!isThere) return lose();
          await systemClock.sleep(patience / 10, closed.signal);
        }
      };
      const waitInVain = async (): Promise<false> => {
        await systemClock.sleep(patience, AbortSignal.any([closed.signal, abort]));
        await systemClock.sleep(patience / 10, closed.signal);
        return false;
      };
      if (stop.aborted) void watch();
      else onAbort(stop, () => void watch());
    },
    get isLost() {
      return isLost;
    },
    lost,
    close,
  });
}

/** Milliseconds. */
const PATIENCE = 5000;

const answers = (redis: QueueRedis): Promise<boolean> =>
  redis.ping().then(
    () => true,
    () => false,
  );
