import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answerText } from '../../../src/answer-store/answer-store.js';
import type { Clock } from '../../../src/core/clock.js';
import { createCollector, type Collector } from '../../../src/run/queue/collect.js';
import { withCommands, type QueueRedis } from '../../../src/run/queue/commands.js';
import { BLOCKS, keysOf } from '../../../src/run/queue/keys.js';
import { startRedis, type RedisServer } from '../../rig/redis.js';

const keys = keysOf('run');
const said = (text: string): string =>
  answerText({ text, finishReason: 'stop', usage: { input: 1, output: 1, cached: 0, reasoning: 0 } });

let server: RedisServer;
let redis: QueueRedis;
let stored: (readonly [string, string])[][];
let storing: Promise<void>;
let collected: string[];
let wakers: (() => void)[];
let collector: Collector<string>;
let told: (what: string) => void;

beforeEach(async () => {
  server = await startRedis();
  redis = withCommands(server.client);
  [stored, storing, collected, wakers] = [[], Promise.resolve(), [], []];
  collector = createCollector<string>({
    clock: { sleep: (_ms, signal) => slept(signal) } as Clock,
    redis,
    run: 'run',
    keys,
    store: {
      putTexts(texts) {
        stored.push(texts.map(([key, text]) => [key, text.toString()]));
        told('stored');
        return storing;
      },
      remember: async (name, value) => void collected.push(`${name}=${value}`),
    },
    removeJob: async () => undefined,
    onCollected(name, result) {
      collected.push(`${name} ${result}`);
      told(name);
    },
    onFault: (fault) => told(fault.message),
  });
  for (const name of ['one', 'two']) {
    await redis.hset(keys.block(name), {
      '!rows': 'rows',
      [`a:${name} made`]: `w${said(`made "é" ${name}`)}`,
      [`a:${name} known`]: `s${said('known')}`,
    });
    await redis.sadd(keys.blocks, name);
    await redis.sadd(BLOCKS, `run ${name}`);
  }
});
afterEach(() => server.close());

const slept = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
    wakers.push(resolve);
  });

/** Resolves when it is told. */
const hears = (what: string): Promise<void> =>
  new Promise((resolve) => (told = (heard) => heard === what && resolve()));

const wake = (): void => wakers.forEach((each) => each());

test('blocks that finish within a moment are stored in one transaction, as the store keeps them', async () => {
  await redis.hset(keys.block('two'), 'f:technique', 'json_schema');
  collector.collect('one', 'first');
  collector.collect('two', 'second');
  collector.collect('two', 'told again');
  const done = hears('two');
  wake();
  await done;
  const dated = (name: string): string => `${said(`made "é" ${name}`).slice(0, -1)},"at":AT}`;
  const kept = stored.map((texts) =>
    texts.map(([key, text]) => [key, text.replace(/(?<="at":)\d{10}/, 'AT')]),
  );
  expect(kept).toEqual([
    [
      ['one made', dated('one')],
      ['two made', dated('two')],
    ],
  ]);
  expect(collected).toEqual(['technique=json_schema', 'one first', 'two second']);
  expect(await redis.keys('*')).toEqual([]);
});

test('an answer that the coordinator had itself is not stored again, and is told apart', async () => {
  await collector.copy(['one', 'two']);
  const isStored = ['one made', 'one known', 'two known', 'other'].map(collector.wasStored);
  expect(isStored).toEqual([false, true, true, false]);
});

test('a block stays in Redis until its answers are stored', async () => {
  let fail = (_reason: Error): void => undefined;
  storing = new Promise((_resolve, reject) => (fail = reject));
  collector.collect('one', 'first');
  const reached = hears('stored');
  wake();
  await reached;
  const failed = hears('the disk is full');
  fail(new Error('the disk is full'));
  await failed;
  expect(await redis.exists(keys.block('one'))).toBe(1);
  expect(await redis.sismember(keys.blocks, 'one')).toBe(1);
  expect(collected).toEqual([]);
});

test('a closed collector collects nothing', async () => {
  collector.collect('one', 'first');
  await collector.close();
  expect([stored, collected]).toEqual([[], []]);
  expect(await redis.exists(keys.block('one'))).toBe(1);
});

test('blocks of many bytes are copied one after the other', async () => {
  const large = said('x'.repeat(4 * 2 ** 20));
  for (const name of ['one', 'two']) await redis.hset(keys.block(name), `a:${name} large`, `w${large}`);
  await collector.copy(['one', 'two', 'gone']);
  expect(stored.map((texts) => texts.map(([key]) => key).sort())).toEqual([
    ['one large', 'one made'],
    ['two large', 'two made'],
    [],
  ]);
});
