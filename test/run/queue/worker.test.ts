import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectQueue } from '../../../src/run/queue/connection.js';
import { keysOf, NEWS, RUNS } from '../../../src/run/queue/keys.js';
import { TIMING } from '../../../src/run/queue/work-run.js';
import { workOnQueue } from '../../../src/run/queue/worker.js';
import { startRedis, type RedisServer } from '../../rig/redis.js';

let server: RedisServer;
beforeEach(async () => {
  server = await startRedis();
});
afterEach(() => server.close());

/** A worker in this process, which looks for runs all the time, and what it says. */
function work() {
  const [stop, abort] = [new AbortController(), new AbortController()];
  const notes: string[] = [];
  let heard = (): void => undefined;
  const ended = workOnQueue({
    url: server.url,
    cwd: '/',
    env: {},
    allowPlugins: false,
    once: false,
    timing: { ...TIMING, look: 5 },
    onNote(text) {
      notes.push(text);
      heard();
    },
    interrupt: () => ({ stop: stop.signal, abort: abort.signal }),
  });
  return {
    stop,
    ended,
    async says(text: string): Promise<void> {
      while (!notes.some((note) => note.includes(text)))
        await new Promise<void>((resolve) => (heard = resolve));
    },
  };
}

test('a run that another coordinator has begun again with an edited recipe is opened again, also when nothing said so', async () => {
  const record = (dd: string, sha256: string): string => JSON.stringify({ name: 'r', dd, sha256 });
  await server.client.set(keysOf('run-1').record, record('98.0.0', 'a'));
  await server.client.sadd(RUNS, 'run-1');
  const { says, stop, ended } = work();
  await says('it needs dd 98.0.0');
  await server.client.set(keysOf('run-1').record, record('99.0.0', 'b'));
  await says('it needs dd 99.0.0');
  stop.abort();
  const outcome = await ended;
  expect(outcome.ok && outcome.value.refused.length).toBe(2);
});

test('what others write into Redis keeps a worker from nothing', async () => {
  await server.client.set(keysOf('a').record, 'no run');
  await server.client.sadd(keysOf('b').record, 'of another type');
  await server.client.set(keysOf('c').record, JSON.stringify({ name: 'r', dd: '99.0.0', sha256: 'a' }));
  await server.client.sadd(RUNS, 'a', 'b', 'c');
  const { says, stop, ended } = work();
  await says('it needs dd 99.0.0');
  for (const message of ['no news', '[]', '{"run":1}']) await server.client.publish(NEWS, message);
  await server.client.set(keysOf('d').record, JSON.stringify({ name: 'r', dd: '100.0.0', sha256: 'a' }));
  await server.client.sadd(RUNS, 'd');
  await says('it needs dd 100.0.0');
  stop.abort();
  expect(await ended).toMatchObject({ ok: true, value: { refused: [{ run: 'r' }, { run: 'r' }] } });
});

test('a worker that cannot look for runs ends, and says why', async () => {
  await server.client.set(RUNS, 'of another type');
  const { ended } = work();
  expect(await ended).toMatchObject({ ok: false, error: { message: expect.stringContaining('WRONGTYPE') } });
});

test('a worker that is stopped while Redis is away ends', async () => {
  const { stop, says, ended } = work();
  await says('waiting for runs');
  await server.kill();
  stop.abort();
  expect(await ended).toMatchObject({ ok: true, value: { interrupted: true } });
});

test('after an interruption, and not before it, every command fails when Redis does not answer', async () => {
  const connected = await connectQueue(server.url);
  if (!connected.ok) throw new Error(connected.error.message);
  const connection = connected.value;
  const [stop, abort] = [new AbortController(), new AbortController()];
  connection.giveUpAfter(stop.signal, abort.signal, 20);
  await connection.redis.ping();
  await server.kill();
  const waiting = connection.redis.get('x');
  expect(await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe(
    'waits',
  );
  expect(connection.isLost).toBe(false);
  stop.abort();
  await expect(waiting).rejects.toThrow(/closed/);
  expect(connection.isLost).toBe(true);
});
