import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bench, modelAt, textQuestion } from './setup.js';

describe('a server that does not speak HTTP', () => {
  let server: Server;
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  /** Its address, and how often it was asked. */
  async function answering(response: string): Promise<{ readonly url: string; asked(): number }> {
    let asked = 0;
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        asked += 1;
        socket.end(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked: () => asked };
  }

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'Expected HTTP/, RTSP/ or ICE/'],
    [
      'a header without a name',
      'HTTP/1.1 200 OK\r\nX Odd Header: 1\r\ncontent-length: 2\r\n\r\n{}',
      'Invalid header token',
    ],
  ])('is named and given up soon: %s', async (_what, response, reason) => {
    const { url, asked } = await answering(response);
    const { models } = bench([modelAt(url)]);
    expect(await models.ask(textQuestion())).toMatchObject({
      ok: false,
      error: {
        class: 'network',
        message: `acme sent at ${url} what is no HTTP/1.1 response: ${reason}`,
        hint: `check that the server at ${url} speaks http, not https`,
      },
    });
    expect(asked()).toBe(3);
  });

  it('may send headers as long as a page', async () => {
    const body = '{"choices":[{"message":{"content":"fine"},"finish_reason":"stop"}]}';
    const { url } = await answering(
      `HTTP/1.1 200 OK\r\nx-trace: ${'a'.repeat(100_000)}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const { models } = bench([modelAt(url)]);
    expect(await models.ask(textQuestion())).toMatchObject({ ok: true, value: { value: 'fine' } });
  });
});
