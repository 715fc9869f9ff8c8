import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import type { Answer, CallError, ChatTransport, Model } from '../../src/models/types.js';
import { createFetch, longestResponse } from '../../src/models/wire/http-fetch.js';
import type { Result } from '../../src/core/result.js';
import { bareTransport, bench, modelAt, testKey, textQuestion } from './setup.js';
import type { SettledParameters } from '../../src/models/types.js';

/** A server below the level of answers: each request is answered byte by byte. */
interface RawServer {
  readonly url: string;
  /** Every connection that was ever made. */
  readonly sockets: readonly Socket[];
  readonly requests: readonly IncomingMessage[];
}

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().once('end', () => answer(response, request));
  });
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => sockets.push(socket));
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, sockets, requests };
}

const completion = JSON.stringify({ choices: [{ finish_reason: 'stop', message: { content: 'fine' } }] });

interface Line {
  readonly transport: ChatTransport;
  readonly abort: AbortController;
  send(): Promise<Result<Answer, CallError>>;
}

function lineTo({ url }: { readonly url: string }, parameters: SettledParameters = {}): Line {
  const model: Model = modelAt(url, parameters);
  const transport = bareTransport(model.endpoint, { TEST_KEY: testKey });
  const abort = new AbortController();
  const messages = [{ role: 'user', content: 'Hi.' }] as const;
  return { transport, abort, send: () => transport.send({ model, messages }, 'prompt', abort.signal) };
}

function closed(socket: Socket | undefined): Promise<void> {
  return new Promise((resolve) =>
    !socket || socket.closed ? resolve() : socket.once('close', () => resolve()),
  );
}

describe('a call that takes too long', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['before the answer begins', () => undefined],
    ['after its headers', (response) => response.writeHead(200).flushHeaders()],
    ['in the middle of its body', (response) => void response.writeHead(200).write(completion.slice(0, 20))],
  ])('%s is a timeout, and its socket is closed', async (_when, begin) => {
    const server = await serve(begin);
    expect(await lineTo(server, { timeout: 0.1 }).send()).toEqual({
      ok: false,
      error: {
        class: 'timeout',
        message: 'acme did not answer within 0.1 s',
        hint: 'raise timeout of writer (seconds), or lower its max_tokens',
      },
    });
    await closed(server.sockets[0]);
  });

  it('even if a byte comes now and then', async () => {
    let drip: NodeJS.Timeout | undefined;
    const server = await serve((response) => {
      drip = setInterval(() => response.write(' '), 10);
    });
    expect(await lineTo(server, { timeout: 0.1 }).send()).toMatchObject({ error: { class: 'timeout' } });
    clearInterval(drip);
  });
});

describe('a call that is cut off by the run', () => {
  const stopped = { ok: false, error: { class: 'stopped' } };

  it('closes its socket', async () => {
    const server = await serve(() => line.abort.abort());
    const line = lineTo(server);
    expect(await line.send()).toMatchObject(stopped);
    await closed(server.sockets[0]);
  });

  it('before it was sent reaches no server', async () => {
    const server = await serve((response) => response.end(completion));
    const line = lineTo(server);
    line.abort.abort();
    expect(await line.send()).toMatchObject(stopped);
    expect(server.requests).toEqual([]);
  });

  it('while it connects ends at once, and is not sent when the connection is there', async () => {
    const server = await serve((response) => response.end(completion));
    const call = createFetch(new Agent());
    const abort = new AbortController();
    const post = { method: 'POST', body: '' };
    const first = call(server.url, { ...post, signal: abort.signal });
    abort.abort();
    await expect(first).rejects.toMatchObject({ outcome: { kind: 'broken', begun: false } });
    expect(await call(server.url, post)).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(1);
  });
});

describe('the signal of a run', () => {
  it.each<[string, (response: ServerResponse) => void, SettledParameters]>([
    ['answered', (response) => response.end(completion), {}],
    ['overload', (response) => response.writeHead(500).end(), {}],
    ['network', (response) => response.destroy(), {}],
    ['timeout', () => undefined, { timeout: 0.1 }],
  ])('has no listener left when a call has ended: %s', async (ending, answer, parameters) => {
    const line = lineTo(await serve(answer), parameters);
    const outcome = await line.send();
    expect(outcome.ok ? 'answered' : outcome.error.class).toBe(ending);
    expect(getEventListeners(line.abort.signal, 'abort')).toEqual([]);
  });
});

describe('a connection that breaks', () => {
  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['before the answer', ({ socket }) => socket?.resetAndDestroy(), /could not be reached at .*ECONNRESET/],
    ['closed without a word', ({ socket }) => socket?.destroy(), /could not be reached at /],
    [
      'in the middle of a body of known length',
      (response) => {
        response.writeHead(200, { 'content-length': completion.length });
        response.write(completion.slice(0, 20), () => response.destroy());
      },
      /cannot be read to its end/,
    ],
    [
      'in the middle of a chunked body',
      (response) => void response.writeHead(200).write(completion.slice(0, 20), () => response.destroy()),
      /cannot be read to its end/,
    ],
    [
      'in the middle of a compressed body',
      (response) => {
        const bytes = gzipSync(completion);
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes.subarray(0, bytes.length / 2));
      },
      /cannot be read to its end/,
    ],
    [
      'with what is no HTTP',
      ({ socket }) => void socket?.end('SSH-2.0-OpenSSH_9.6\r\n'),
      /sent at \S+ what is no HTTP\/1\.1 response/,
    ],
  ])('%s is a matter of the network', async (_when, fail, message) => {
    const outcome = await lineTo(await serve(fail)).send();
    expect(outcome).toMatchObject({
      ok: false,
      error: { class: 'network', message: expect.stringMatching(message) },
    });
  });

  it('because the server was tired of an idle one costs no call', async () => {
    const seen = new Set<Socket>();
    const server = await serve((response, { socket }) => {
      // Closed just as the next request arrives on it.
      if (seen.has(socket)) return void socket.resetAndDestroy();
      seen.add(socket);
      response.end(completion);
    });
    const { models, clock } = bench([modelAt(server.url)]);
    for (const row of ['a', 'b', 'c']) expect((await models.ask(textQuestion(row))).ok).toBe(true);
    expect(server.requests).toHaveLength(5);
    expect(clock.waits).toHaveLength(2);
  });
});

describe('a body', () => {
  it.each([
    ['gzip', gzipSync(completion)],
    ['x-gzip', gzipSync(completion)],
    ['deflate', deflateSync(completion)],
    ['br', brotliCompressSync(completion)],
    ['identity', Buffer.from(completion)],
  ])('may be encoded: %s', async (encoding, bytes) => {
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
    );
    expect(await lineTo(server).send()).toMatchObject({ ok: true, value: { text: 'fine' } });
  });

  it('of an error may be encoded too', async () => {
    const bytes = gzipSync('{"error":{"message":"no such model"}}');
    const server = await serve((response) =>
      response.writeHead(404, { 'content-encoding': 'gzip' }).end(bytes),
    );
    expect(await lineTo(server).send()).toMatchObject({
      error: { message: 'acme answered 404: no such model' },
    });
  });

  it('in an encoding that was not asked for is an error that names it', async () => {
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': 'zstd' }).end(completion),
    );
    expect(await lineTo(server).send()).toMatchObject({
      error: { class: 'network', message: expect.stringContaining('encoded as zstd') },
    });
  });

  it('may come in pieces, cut anywhere', async () => {
    const bytes = Buffer.from(completion.replace('fine', 'schön 🚀'));
    const server = await serve(async (response) => {
      response.socket?.setNoDelay(true);
      for (const byte of bytes)
        await new Promise<void>((sent) => response.write(Buffer.of(byte), () => sent()));
      response.end();
    });
    expect(await lineTo(server).send()).toMatchObject({ ok: true, value: { text: 'schön 🚀' } });
  });

  const tooLong = { class: 'invalid-request', message: 'acme sent more than 64 MiB in one answer' };

  it('that never ends is given up, and its socket closed', async () => {
    const megabyte = Buffer.alloc(2 ** 20, ' ');
    const server = await serve((response) => {
      const flood = (): void => void (response.destroyed || response.write(megabyte, flood));
      flood();
    });
    expect(await lineTo(server).send()).toMatchObject({ ok: false, error: tooLong });
    await closed(server.sockets[0]);
  });

  it('that is small only as long as it is compressed is given up', async () => {
    const bomb = gzipSync(Buffer.alloc(longestResponse + 1, ' '));
    const server = await serve((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(await lineTo(server).send()).toMatchObject({ ok: false, error: tooLong });
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    '%i is not followed: the other server never hears of it',
    async (status) => {
      const other = await serve((response) => response.end(completion));
      const server = await serve((response) =>
        response.writeHead(status, { location: `${other.url}/chat/completions` }).end(),
      );
      expect(await lineTo(server).send()).toMatchObject({
        error: { class: 'invalid-request', status, message: expect.stringContaining(other.url) },
      });
      expect(other.sockets).toEqual([]);
    },
  );
});

describe('connections', () => {
  it('are as many as there are calls at once, and are used again', async () => {
    const held: ServerResponse[] = [];
    const server = await serve((response) => {
      if (held.push(response) === 3) for (const one of held.splice(0)) one.end(completion);
    });
    const { send } = lineTo(server);
    for (let round = 0; round < 4; round += 1) {
      const outcomes = await Promise.all([send(), send(), send()]);
      expect(outcomes.every(({ ok }) => ok)).toBe(true);
    }
    expect(server.requests).toHaveLength(12);
    expect(server.sockets).toHaveLength(3);
  });

  it('that are idle keep no process alive', async () => {
    const before = openSockets();
    const server = await serve((response) => response.end(completion));
    await lineTo(server).send();
    // The other end, which is in this process too.
    for (const socket of server.sockets) socket.unref();
    expect(server.sockets.map(({ destroyed }) => destroyed)).toEqual([false]);
    expect(openSockets()).toBeLessThanOrEqual(before);
  });

  function openSockets(): number {
    return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  }
});
