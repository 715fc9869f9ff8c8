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
   * Reads what is to be copied of blocks: of the first at least, and of no further one after so many bytes.
   *
   * @param end what the text of each answer gets in place of its last character
   * @param bytes how many at least are read, if there are so many
   * @returns for each block: the keys of its answers, a line each, and their texts; the keys of answers that the
   * coordinator had itself, a line each; facts, each followed by its value
   */
  ddReadBuffer(count: number, ...blocksEndBytes: readonly (string | number)[]): Promise<readonly ReadBlock[]>;
  /**
   * Takes or gives back a part of limits that workers keep together.
   *
   * @param wanted how many requests could be in flight now
   * @param ms how long the part is this worker's without another call
   * @param pauseMs for how long the server has told this worker to send nothing; 0 when it has not
   * @param limits the whole limits: requests in flight, requests and tokens a minute; 0 where there is none
   * @returns the parts of this worker, the fair part of the requests in flight for one that wants all, and for how long
   * nothing is to be sent
   */
  ddShare(
    shares: string,
    pause: string,
    worker: string,
    wanted: number,
    inFlight: number,
    ms: number,
    pauseMs: number,
    ...limits: readonly number[]
  ): Promise<[number, number, number, number, number]>;
  /** A worker is there, for so many milliseconds without another call. */
  ddBeat(workers: string, worker: string, ms: number): Promise<number>;
  /** How many workers are there. */
  ddAlive(workers: string): Promise<number>;
};

export type ReadBlock = readonly [
  keys: Buffer,
  texts: readonly Buffer[],
  stored: Buffer,
  facts: readonly Buffer[],
];

/** Fields of a block. */
export const ANSWER = 'a:';
export const FACT = 'f:';

/** The first character of an answer says who wrote it: a worker, or the coordinator from its own store. */
export const FROM_WORKER = 'w';
export const FROM_STORE = 's';

/** The field of a block that has its rows. A block without it was taken away: nothing is written to it. */
export const ROWS = '!rows';

/** The field that names the file with its rows, when they are not in Redis. */
export const FILE = '!file';

/** A block that was taken away takes nothing. What a worker that was too late has paid for is taken, if it is new. */
const OWN = `
if redis.call('HEXISTS', KEYS[1], '${ROWS}') == 0 then return {0} end
local owns = redis.call('GET', KEYS[2]) == ARGV[1] and 1 or 0`;

/**
 * Leases. A part is only taken from what the others do not have, and only its holder makes it smaller, when it has as few
 * requests in flight: so the sum is never more than the limit. Requests in flight are divided by max-min fairness: who
 * wants less than an equal part gets it, and the rest is divided equally among those who want more, as soon as the others
 * have called. A part whose holder is gone is free after a while.
 */
const SHARE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wanted, held, ms, pause = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local wants, others = {}, {0, 0, 0}
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local part = cjson.decode(all[at + 1])
  if part[5] < now then redis.call('HDEL', KEYS[1], all[at])
  elseif all[at] ~= ARGV[1] then
    if part[4] > 0 then wants[#wants + 1] = part[4] end
    for kind = 1, 3 do others[kind] = others[kind] + part[kind] end
  end
end
table.sort(wants)
local fair = tonumber(ARGV[6])
for at = 1, #wants do
  local equal = fair / (#wants - at + 2)
  if wants[at] > equal then
    fair = equal
    break
  end
  fair = fair - wants[at]
end
fair = math.ceil(fair)
local mine = {math.max(0, math.min(wanted, fair, ARGV[6] - others[1])), 0, 0}
for kind = 2, 3 do
  local limit = tonumber(ARGV[5 + kind])
  if wanted > 0 then mine[kind] = math.max(0, math.min(math.ceil(limit / (#wants + 1)), limit - others[kind])) end
  if limit > 0 and mine[kind] == 0 then mine[1] = 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({math.max(mine[1], held), mine[2], mine[3], wanted, now + ms}))
redis.call('PEXPIRE', KEYS[1], 4 * ms)
local paused = math.max(0, redis.call('PTTL', KEYS[2]))
if pause > paused then redis.call('SET', KEYS[2], '', 'PX', pause) end
return {mine[1], mine[2], mine[3], fair, math.max(pause, paused)}`;

const PUT = `${OWN}
if redis.call('HSETNX', KEYS[1], ARGV[2], ARGV[3]) == 1 then return {owns} end
return {owns, redis.call('HGET', KEYS[1], ARGV[2])}`;

const REMEMBER = `${OWN}
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return {owns}`;

const READ = `
local blocks, bytes = {}, 0
for at = 1, #KEYS do
  if bytes >= tonumber(ARGV[2]) then break end
  local keys, texts, known, facts = {}, {}, {}, {}
  local all = redis.call('HGETALL', KEYS[at])
  for field = 1, #all, 2 do
    local kind, name, value = string.sub(all[field], 1, 2), string.sub(all[field], 3), all[field + 1]
    if kind == '${FACT}' then
      facts[#facts + 1] = name
      facts[#facts + 1] = value
    elseif kind == '${ANSWER}' and string.sub(value, 1, 1) == '${FROM_STORE}' then
      known[#known + 1] = name
    elseif kind == '${ANSWER}' then
      local text = string.sub(value, 2, -2) .. ARGV[1]
      keys[#keys + 1], texts[#texts + 1] = name, text
      bytes = bytes + #text
    end
  end
  blocks[at] = {table.concat(keys, '\\n'), texts, table.concat(known, '\\n'), facts}
end
return blocks`;

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
  redis.defineCommand('ddRead', { lua: READ });
  redis.defineCommand('ddShare', { numberOfKeys: 2, lua: SHARE });
  redis.defineCommand('ddBeat', { numberOfKeys: 1, lua: BEAT });
  redis.defineCommand('ddAlive', { numberOfKeys: 1, lua: ALIVE });
  return redis as QueueRedis;
}
