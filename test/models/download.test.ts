import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lookup as systemLookup } from 'node:dns';
import { afterEach, expect, it } from '@jest/globals';
import { download } from '../../src/models/wire/download.js';
import { png } from '../rig/media.js';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const options = (providerUrl: string) => ({
  providerUrl,
  env: {},
  signal: new AbortController().signal,
  timeoutMs: 10_000,
});

/** A name server that says these addresses. */
const saying = (...addresses: readonly string[]): typeof systemLookup =>
  ((_name: string, _options: object, callback: (error: null, found: object) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof systemLookup;

it.each([
  ['10.1.2.3'],
  ['127.0.0.1'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:192.168.0.1'],
  ['fd00::1'],
  ['64:ff9b::7f00:1'],
  // One of several is enough: which one is taken is not ours to say.
  ['93.184.216.34', '10.0.0.1'],
])('a name of %s is not connected to', async (...addresses) => {
  const found = await download('http://images.example.com/a.png', {
    ...options('https://api.example.com/v1'),
    lookup: saying(...addresses),
  });
  expect(found).toMatchObject({
    ok: false,
    error: expect.stringContaining(
      'images.example.com is an address of this machine or of a private network',
    ),
  });
});

it('another port of the provider is not the provider', async () => {
  const origin = await serve((_request, response) => response.end(png));
  expect(await download(`${origin}/a.png`, options('http://127.0.0.1:1/v1'))).toMatchObject({ ok: false });
  expect(await download(`${origin}/a.png`, options(`${origin}/v1`))).toEqual({ ok: true, value: png });
});

it('is tried three times', async () => {
  let asked = 0;
  const origin = await serve((_request, response) => {
    asked += 1;
    if (asked < 3) response.writeHead(503).end('busy');
    else response.end(png);
  });
  expect(await download(`${origin}/a.png`, options(origin))).toEqual({ ok: true, value: png });
  asked = -10;
  expect(await download(`${origin}/a.png`, options(origin))).toMatchObject({
    error: expect.stringMatching(/answered 503$/),
  });
  expect(asked).toBe(-7);
});

it('ends at its bound: a stream without end is cut off', async () => {
  const origin = await serve((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(2 ** 20)));
    };
    response.on('drain', more);
    more();
  });
  expect(await download(`${origin}/a.png`, options(origin))).toEqual({
    ok: false,
    error: 'it has more than 32 MB',
  });
});

it('has no key in it', async () => {
  let headers: object = {};
  const origin = await serve((request, response) => {
    headers = request.headers;
    response.end(png);
  });
  await download(`${origin}/a.png`, options(origin));
  expect(Object.keys(headers).filter((name) => /auth|key|cookie/i.test(name))).toEqual([]);
});
