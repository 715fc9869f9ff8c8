/** Commands of ours that Redis runs as one step each. */
import type { Redis } from 'ioredis';

/** A connection with these commands. */
export type QueueRedis = Redis & {
  /**
   * Writes a field of a block, unless there is one: the first writer wins.
   *
   * @param lock the key of BullMQ that has the token of the worker that the block was given to
   * @returns whether that is this worker, and the value that was there
   */
  ddPut(block: string, lock: string, token: string, field: string, value: string): Promise<[0 | 1, string?]>;
  /** Writes a field of a block: the last writer wins. */
  ddRemember(block: string, lock: string, token: string, field: string, value: string): Promise<[0 | 1]>;
  /**
   * Takes or gives back a part of limits that workers keep together.
   *
   * @param limits the whole limits: requests in flight, requests and tokens a minute; 0 where there is none
   * @param ms how long the part is this worker's without another call
   * @returns the parts of this worker
   */
  ddShare(
    shares: string,
    worker: string,
    wants: 0 | 1,
    inFlight: number,
    ms: number,
    ...limits: readonly number[]
  ): Promise<[number, number, number]>;
  /** A worker is there, for so many milliseconds without another call. */
  ddBeat(workers: string, worker: string, ms: number): Promise<number>;
  /** How many workers are there. */
  ddAlive(workers: string): Promise<number>;
};

/** The field of a block that has its rows. A block without it was taken away: nothing is written to it. */
export const ROWS = '!rows';

/** A block that was taken away takes nothing. What a worker that was too late has paid for is taken, if it is new. */
const OWN = `
if redis.call('HEXISTS', KEYS[1], '${ROWS}') == 0 then return {0} end
local owns = redis.call('GET', KEYS[2]) == ARGV[1] and 1 or 0`;

/**
 * Leases. A part is only taken from what the others do not have, and only its holder makes it smaller, when it has as few
 * requests in flight: so the sum is never more than the limit. Those who want some get equal parts, as soon as the others
 * have called. A part whose holder is gone is free after a while.
 */
const SHARE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wants, held = tonumber(ARGV[2]), tonumber(ARGV[3])
local many, others = wants, {0, 0, 0}
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local part = cjson.decode(all[at + 1])
  if part[5] < now then redis.call('HDEL', KEYS[1], all[at])
  elseif all[at] ~= ARGV[1] then
    many = many + part[4]
    for kind = 1, 3 do others[kind] = others[kind] + part[kind] end
  end
end
local mine = {0, 0, 0}
for kind = 1, 3 do
  local limit = tonumber(ARGV[4 + kind])
  if wants == 1 then mine[kind] = math.max(0, math.min(math.ceil(limit / many), limit - others[kind])) end
  if kind > 1 and limit > 0 and mine[kind] == 0 then mine[1] = 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({math.max(mine[1], held), mine[2], mine[3], wants, now + tonumber(ARGV[4])}))
redis.call('PEXPIRE', KEYS[1], 4 * ARGV[4])
return mine`;

const PUT = `${OWN}
if redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3]) == 1 then return {owns} end
return {owns, redis.call('HGET', KEYS[1], ARGV[2])}`;

const REMEMBER = `${OWN}
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return {owns}`;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const BEAT = `${NOW}
redis.call('PEXPIRE', KEYS[1], 4 * ARGV[2])
return redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])`;

const ALIVE = `${NOW}
return redis.call('ZCOUNT', KEYS[1], now, '+inf')`;

export function withCommands(redis: Redis): QueueRedis {
  redis.defineCommand('ddPut', { numberOfKeys: 2, lua: PUT });
  redis.defineCommand('ddRemember', { numberOfKeys: 2, lua: REMEMBER });
  redis.defineCommand('ddShare', { numberOfKeys: 1, lua: SHARE });
  redis.defineCommand('ddBeat', { numberOfKeys: 1, lua: BEAT });
  redis.defineCommand('ddAlive', { numberOfKeys: 1, lua: ALIVE });
  return redis as QueueRedis;
}
