/**
 * The connection to Redis. The address may hold a password, so it is never part of a message: only the host, the port
 * and the database are. A command that is sent while Redis is away waits until it is back.
 */
import type { Redis } from 'ioredis';
import { err, ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { withCommands, type QueueRedis } from './commands.js';
import { loadQueuePackages, type QueuePackages } from './packages.js';

/** A Redis server, reached once at least. */
export interface QueueConnection extends QueuePackages {
  readonly redis: QueueRedis;
  /** How messages name it. */
  readonly name: string;
  /** Another connection, for commands that block. */
  another(): QueueRedis;
  /** Closes every connection. */
  close(): void;
}

const EXAMPLE = 'as in redis://127.0.0.1:6379, or rediss://USER:PASSWORD@HOST:6379 with TLS';

export async function connectQueue(url: string): Promise<Result<QueueConnection, RunProblem>> {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !/^rediss?:$/.test(address.protocol) || address.hostname === '')
    return err({ message: 'the address of the queue is not one of Redis', hint: EXAMPLE });
  const packages = await loadQueuePackages();
  if (!packages.ok) return packages;
  const name = nameOf(address);
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
    await probe.ping();
  } catch (error) {
    return err(unreachable(name, reason || (error as Error).message));
  } finally {
    probe.disconnect();
  }
  const opened: Redis[] = [];
  const another = (): QueueRedis => {
    const redis = new Redis(url, {
      maxRetriesPerRequest: null,
      enableAutoPipelining: true,
      retryStrategy: (times) => Math.min(2000, 50 * 2 ** Math.min(times, 6)),
    });
    // Reconnecting is what is done about it.
    redis.on('error', () => undefined);
    opened.push(redis);
    return withCommands(redis);
  };
  return ok({
    ...packages.value,
    redis: another(),
    name,
    another,
    close: () => {
      for (const redis of opened) redis.disconnect();
    },
  });
}

function nameOf({ protocol, hostname, port, pathname }: URL): string {
  return `${protocol}//${hostname}:${port || '6379'}${pathname === '/' ? '' : pathname}`;
}

function unreachable(name: string, reason: string): RunProblem {
  const isRefused = /WRONGPASS|NOAUTH|NOPERM/.test(reason);
  return {
    message: `the queue at ${name} cannot be used: ${reason}`,
    hint: isRefused
      ? 'check the user and the password in its address'
      : 'start Redis there, or give another address with --queue',
  };
}
