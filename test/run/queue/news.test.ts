import { expect, test } from '@jest/globals';
import type { RunEvent } from '../../../src/core/events.js';
import { collectNews } from '../../../src/run/queue/news.js';

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
