import { expect, test } from '@jest/globals';
import { addressIn, unreachable } from '../../../src/run/queue/address.js';
import { connectQueue } from '../../../src/run/queue/connection.js';
import { startRedis } from '../../rig/redis.js';

test.each([
  ['redis://queue.example', 'redis://queue.example:6379', undefined],
  ['rediss://u:p%40s%2Fs@queue.example:7000/', 'rediss://queue.example:7000', undefined],
  ['redis://:p@ss@[::1]:7000/12?family=6', 'redis://[::1]:7000/12', 12],
])('%s is named without its password', (url, name, database) => {
  expect(addressIn(url)).toEqual({ ok: true, value: { name, database } });
});

test.each([
  'redis://:pa/ss@queue.example',
  'redis://:77/ss@queue.example:6379',
  'redis://user:77#ss@queue.example',
  'redis://user:77?ss@queue.example',
  'redis://:p@ss/1/w@queue.example:6379/0',
  'redis://queue.example/words',
  'http://:ss@queue.example',
  'queue.example:6379',
  'redis://',
])('%s is refused, and nothing of it is shown', (url) => {
  const problem = addressIn(url);
  expect(problem).toMatchObject({ ok: false });
  expect(JSON.stringify(problem)).toMatch(/"the address of the queue .*rediss:\/\/USER:PASSWORD@HOST/);
  expect(JSON.stringify(problem)).not.toMatch(/ss@|77|queue\.example|words/);
});

test.each([
  ['redis', 'write ECONNRESET', 'write rediss:// instead of redis://'],
  ['rediss', 'connect ETIMEDOUT', 'or write redis:// instead of rediss://'],
  ['rediss', 'unable to verify the first certificate', 'NODE_EXTRA_CA_CERTS='],
  ['redis', 'connect ETIMEDOUT', 'start Redis there'],
  ['redis', 'connect ECONNREFUSED 127.0.0.1:6379', 'with --queue or DD_QUEUE'],
])('%s: %s: %s', (protocol, reason, hint) => {
  const problem = unreachable(`${protocol}://queue.example:6379`, reason);
  expect(problem.message).toBe(`the queue at ${protocol}://queue.example:6379 cannot be used: ${reason}`);
  expect(problem.hint).toContain(hint);
});

test('a wrong password and a database that is not there are told apart', async () => {
  const server = await startRedis({ password: 'right' });
  try {
    const wrong = await connectQueue(server.url.replace('right', 'wrong'));
    expect(wrong).toMatchObject({ ok: false, error: { message: expect.stringContaining('WRONGPASS') } });
    const missing = await connectQueue(`${server.url}/77`);
    expect(missing).toMatchObject({
      ok: false,
      error: {
        message: expect.stringMatching(/\/77 cannot be used: ERR DB index is out of range/),
        hint: expect.stringContaining('a database that it has'),
      },
    });
    const there = await connectQueue(`${server.url}/3`);
    if (!there.ok) throw new Error(there.error.message);
    await there.value.redis.set('here', '1');
    there.value.close();
    await server.client.select(3);
    expect(await server.client.get('here')).toBe('1');
  } finally {
    await server.close();
  }
});
