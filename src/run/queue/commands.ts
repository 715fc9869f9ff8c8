/** Commands of ours that Redis runs as one step each. */
import type { Redis } from 'ioredis';

/** A connection with these commands. */
export type QueueRedis = Redis & {
  /**
   * Writes a field of a block, unless there is one: the first writer wins.
   *
   * @returns 1 when it was written, the value that is there, or 0 when the block is gone
   */
  ddPut(block: string, field: string, value: string): Promise<1 | 0 | string>;
  /** Writes a field of a block: the last writer wins. 0 when the block is gone. */
  ddRemember(block: string, field: string, value: string): Promise<1 | 0>;
};

/** The field of a block that has its rows. A block without it was taken away: nothing is written to it. */
export const ROWS = '!rows';

const PUT = `
if redis.call('HEXISTS', KEYS[1], '${ROWS}') == 0 then return 0 end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 1 then return 1 end
return redis.call('HGET', KEYS[1], ARGV[1])`;

const REMEMBER = `
if redis.call('HEXISTS', KEYS[1], '${ROWS}') == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`;

export function withCommands(redis: Redis): QueueRedis {
  redis.defineCommand('ddPut', { numberOfKeys: 1, lua: PUT });
  redis.defineCommand('ddRemember', { numberOfKeys: 1, lua: REMEMBER });
  return redis as QueueRedis;
}
