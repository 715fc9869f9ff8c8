import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Result } from '../../src/core/result.js';
import { createTransports } from '../../src/models/wire/transports.js';
import type { Answer, CallError } from '../../src/models/types.js';
import { createWorkspace } from '../rig/program.js';
import { definitionOf, modelAt, testKey } from './setup.js';

const completion = JSON.stringify({
  choices: [{ finish_reason: 'stop', message: { content: 'fine' } }],
  // Both protocols find their answer here.
  content: [{ type: 'text', text: 'fine' }],
});

/** A proxy that answers for every host of http, and connects every host of https to one server. */
let proxy: Server;
/** What it was asked for: `POST http://host/path` or `CONNECT host:port`. */
let asked: string[];
let requests: IncomingMessage[];
/** The port that tunnels end at. */
let tunnelTo: number;
/** The status with which it refuses; 200 for none, 0 to close the connection. */
let refusal: number;
const sockets = new Set<Duplex>();

beforeEach(async () => {
  [asked, requests, tunnelTo, refusal] = [[], [], 0, 200];
  const told = (request: IncomingMessage): void => {
    asked.push(`${request.method} ${request.url}`);
    requests.push(request);
  };
  proxy = createServer((request, response) => {
    told(request);
    if (refusal === 0) return void request.socket.destroy();
    response.writeHead(refusal, { 'content-type': 'application/json' }).end(completion);
  });
  proxy.on('connect', (request, client: Duplex) => {
    told(request);
    if (refusal === 0) return void client.destroy();
    if (refusal !== 200) return void client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const upstream = connect(tunnelTo, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    for (const socket of [upstream, client]) socket.on('error', () => undefined);
  });
  proxy.on('connection', (socket: Duplex) => sockets.add(socket));
  await listening(proxy);
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => proxy.close(resolve));
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server);
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const proxyAddress = (): string => `http://127.0.0.1:${portOf(proxy)}`;

function send(
  url: string,
  env: Record<string, string>,
  type: 'openai' | 'anthropic' = 'openai',
): Promise<Result<Answer, CallError>> {
  const model = modelAt(url, { timeout: 20 }, { endpoint: { definition: definitionOf(type) } });
  return createTransports({ TEST_KEY: testKey, ...env })(model).send(
    { model, messages: [{ role: 'user', content: 'Hi.' }] },
    'prompt',
    new AbortController().signal,
  );
}

describe('a proxy of the environment', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('is asked for what %s is for', async (name) => {
    const outcome = await send('http://models.example/v1', { [name]: proxyAddress() });
    expect(outcome).toMatchObject({ ok: true, value: { text: 'fine' } });
    expect(asked).toEqual(['POST http://models.example/v1/chat/completions']);
    expect(requests[0]?.headers).toMatchObject({
      host: 'models.example',
      authorization: `Bearer ${testKey}`,
    });
  });

  it('is asked for calls of Anthropic too', async () => {
    const outcome = await send('http://claude.example', { HTTP_PROXY: proxyAddress() }, 'anthropic');
    expect(outcome).toMatchObject({ ok: true, value: { text: 'fine' } });
    expect(asked).toEqual(['POST http://claude.example/v1/messages']);
  });

  it('may be written without a scheme, and with a user name and a password', async () => {
    const env = { HTTP_PROXY: `me:p%40ss@${proxyAddress().slice('http://'.length)}` };
    expect((await send('http://models.example/v1', env)).ok).toBe(true);
    expect(requests[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    );
  });

  it('takes many calls at the same time', async () => {
    const transportFor = createTransports({ TEST_KEY: testKey, HTTP_PROXY: proxyAddress() });
    const model = modelAt('http://models.example/v1', { timeout: 20 });
    const { signal } = new AbortController();
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => transportFor(model).send({ model, messages: [] }, 'prompt', signal)),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(sockets.size).toBeGreaterThan(1);
  });

  it.each(['0.0.0.0', '0.0.0.0:PORT', 'other.example, 0.0.0.0', '*'])(
    'is not asked for what NO_PROXY names: %s',
    async (names) => {
      const port = portOf(proxy);
      const env = { HTTP_PROXY: proxyAddress(), NO_PROXY: names.replace('PORT', String(port)) };
      expect((await send(`http://0.0.0.0:${port}/v1`, env)).ok).toBe(true);
      expect(asked).toEqual(['POST /v1/chat/completions']);
    },
  );

  it('is not asked for loopback addresses, unless NO_PROXY says so as Chromium has it', async () => {
    const server = createServer((_request, response) => response.end(completion));
    server.on('connection', (socket: Duplex) => sockets.add(socket));
    const url = `http://127.0.0.1:${await listening(server)}/v1`;
    const env = { HTTP_PROXY: proxyAddress() };
    expect((await send(url, env)).ok).toBe(true);
    expect(asked).toEqual([]);
    expect((await send(url, { ...env, NO_PROXY: '<-loopback>' })).ok).toBe(true);
    expect(asked).toEqual([`POST ${url}/chat/completions`]);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['http', 'https'])('that wants a password is told apart from the server: %s', async (scheme) => {
    refusal = 407;
    const env = { HTTP_PROXY: proxyAddress() };
    expect(await send(`${scheme}://models.example/v1`, env)).toMatchObject({
      error: {
        class: 'auth',
        message: `acme could not be reached at ${scheme}://models.example/v1: the proxy that HTTP_PROXY names answered 407`,
        hint: 'write HTTP_PROXY as http://user:password@host:port',
      },
    });
  });

  it('that opens no tunnel is a matter of the network', async () => {
    refusal = 502;
    expect(await send('https://models.example/v1', { HTTPS_PROXY: proxyAddress() })).toMatchObject({
      error: {
        class: 'network',
        message: expect.stringContaining('the proxy that HTTPS_PROXY names answered 502'),
      },
    });
    expect(asked).toEqual(['CONNECT models.example:443']);
  });

  it.each(['http', 'https'])(
    'that closes the connection is a matter of the network, at once: %s',
    async (scheme) => {
      refusal = 0;
      expect(await send(`${scheme}://models.example/v1`, { HTTP_PROXY: proxyAddress() })).toMatchObject({
        error: {
          class: 'network',
          message: expect.stringMatching(/^acme could not be reached at \w+:\/\/models\.example\/v1: /),
          hint: expect.stringContaining('the proxy that HTTP_PROXY names closed the connection'),
        },
      });
      expect(asked).toHaveLength(1);
    },
  );

  it('that cannot be reached is named by its variable', async () => {
    const env = { HTTP_PROXY: 'http://secret:password@127.0.0.1:1' };
    const outcome = await send('http://models.example/v1', env);
    expect(outcome).toMatchObject({
      error: {
        class: 'network',
        hint: 'check the proxy that HTTP_PROXY names, or name the host in NO_PROXY',
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('password');
  });

  it.each(['http://', 'socks5://127.0.0.1:1080', 'http://se cret'])(
    'has to be one of http: %s',
    async (address) => {
      const outcome = await send('http://models.example/v1', { HTTP_PROXY: address });
      expect(outcome).toEqual({
        ok: false,
        error: {
          class: 'invalid-request',
          message: 'acme cannot be called: HTTP_PROXY is not the URL of an http or https proxy',
          hint: 'write it as http://host:port, or name the host of acme in NO_PROXY',
        },
      });
    },
  );
});

describe('the program', () => {
  it('goes to an https server through the proxy, and trusts NODE_EXTRA_CA_CERTS', async () => {
    const certificate = fileURLToPath(new URL('fixtures/tls/models.example.pem', import.meta.url));
    const server = createTlsServer(
      { cert: readFileSync(certificate), key: readFileSync(certificate.replace('.pem', '.key')) },
      (_request, response) => response.end(completion),
    );
    server.on('connection', (socket: Duplex) => sockets.add(socket));
    tunnelTo = await listening(server);
    const workspace = await createWorkspace();
    await workspace.write(
      'far.yaml',
      `
name: far
providers: [{ name: far, endpoint: "https://models.example/v1", api_key: FAR_KEY }]
model_configs: [{ alias: writer, provider: far, model: acme/writer-1 }]
columns: [{ name: poem, column_type: llm-text, model_alias: writer, prompt: A poem. }]
`,
    );
    const env = { FAR_KEY: testKey, https_proxy: proxyAddress() };
    const trusting = await workspace.run(['check-models', 'far.yaml'], {
      ...env,
      NODE_EXTRA_CA_CERTS: certificate,
    });
    expect(trusting).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
    expect(asked).toEqual(['CONNECT models.example:443']);
    const distrusting = await workspace.run(['check-models', 'far.yaml'], env);
    expect(distrusting.code).not.toBe(0);
    expect(distrusting.stdout + distrusting.stderr).toContain('NODE_EXTRA_CA_CERTS');
    await workspace.remove();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
