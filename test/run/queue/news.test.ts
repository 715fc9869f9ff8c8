import { expect, test } from '@jest/globals';
import type { RunEvent } from '../../../src/core/events.js';
import type { QueueRedis } from '../../../src/run/queue/commands.js';
import { keysOf } from '../../../src/run/queue/keys.js';
import { collectNews } from '../../../src/run/queue/news.js';
import { readNews } from '../../../src/run/queue/read-news.js';

const end = (input: number): RunEvent => ({ kind: 'call-end', alias: 'm', ok: true, input, output: 1 });

test('news that could not be sent is sent with what has come since', () => {
  const news = collectNews();
  news.sink(end(1));
  news.sink(end(2));
  const taken = news.take();
  news.sink(end(4));
  news.sink({ kind: 'worker-note', text: 'later' });
  news.putBack(taken);
  expect(news.take()).toEqual([
    [{ ...end(7), output: 3 }, 3],
    [{ kind: 'worker-note', text: 'later' }, 1],
  ]);
  expect(news.take()).toEqual([]);
});

test('a message of another form, as a worker of another version may send, is no news', async () => {
  const told: RunEvent[] = [];
  const note = { kind: 'worker-note', text: 'here' };
  const messages = [
    'no JSON',
    '{"worker":"w"}',
    '{"worker":"w","events":[{"kind":"worker-note"}],"usage":[]}',
    JSON.stringify({ worker: 'w', events: [[note, 1]], usage: [] }),
  ];
  const redis = { lpop: async () => messages, hgetall: async () => ({}) } as unknown as QueueRedis;
  await readNews(redis, keysOf('run'), (event) => told.push(event)).readRest(redis);
  expect(told).toEqual([note]);
});
