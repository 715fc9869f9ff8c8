import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransports } from '../../src/models/wire/transports.js';
import type { Answer, CallError } from '../../src/models/types.js';
import type { Result } from '../../src/core/result.js';
import { definitionOf, modelAt, testKey } from './setup.js';
import type { SettledParameters } from '../../src/models/types.js';

/** What the server does with the one request of a test. */
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
beforeEach(async () => {
  server = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function send(signal: AbortSignal, parameters: SettledParameters = {}): Promise<Result<Answer, CallError>> {
  const { port } = server.address() as AddressInfo;
  const model = modelAt(`http://127.0.0.1:${port}`, parameters, {
    endpoint: { definition: definitionOf('anthropic') },
  });
  return createTransports({ TEST_KEY: testKey })(model).send(
    { model, messages: [{ role: 'user', content: 'Hello.' }] },
    'tool',
    signal,
  );
}

const never = new AbortController().signal;

/** Resolves once the client has closed the connection that its request came on. */
function closedByClient(answer: (response: ServerResponse) => void = () => undefined): Promise<void> {
  return new Promise((resolve) => {
    serve = (request, response) => {
      request.socket.once('close', () => resolve());
      answer(response);
    };
  });
}

const beginning = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"content": [');
};

describe('a call of Anthropic that is given up', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['before an answer came', () => undefined],
    ['in the middle of its answer', beginning],
  ])('for its timeout closes its socket: %s', async (_when, answer) => {
    const arrived: ServerResponse[] = [];
    const closed = closedByClient((response) => {
      arrived.push(response);
      answer(response);
    });
    // On a busy machine the time can be over before the request has left it.
    while (arrived.length === 0)
      expect(await send(never, { timeout: 0.2 })).toMatchObject({ ok: false, error: { class: 'timeout' } });
    await closed;
  });

  it('with the run closes its socket', async () => {
    const stop = new AbortController();
    const closed = closedByClient((response) => {
      beginning(response);
      stop.abort();
    });
    expect(await send(stop.signal)).toMatchObject({ ok: false, error: { class: 'stopped' } });
    await closed;
  });
});

describe('a connection to Anthropic', () => {
  it('that breaks in the middle of an answer is a fault of the network', async () => {
    serve = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"content": [', () => request.socket.destroy());
    };
    expect(await send(never)).toMatchObject({ ok: false, error: { class: 'network' } });
  });

  it('that is refused says so', async () => {
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const model = modelAt(
      `http://127.0.0.1:${port}`,
      {},
      { endpoint: { definition: definitionOf('anthropic') } },
    );
    const outcome = await createTransports({ TEST_KEY: testKey })(model).send(
      { model, messages: [] },
      'tool',
      never,
    );
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        class: 'network',
        message: `acme could not be reached at http://127.0.0.1:${port}: ECONNREFUSED`,
      },
    });
  });

  it('follows no redirect with the key', async () => {
    const seen: (string | undefined)[] = [];
    serve = (request, response) => {
      seen.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    };
    expect(await send(never)).toMatchObject({ ok: false, error: { class: 'invalid-request', status: 307 } });
    expect(seen).toEqual(['/v1/messages']);
  });
});
