/**
 * The `fetch` for files of batches: they are sent from the disk and received as a stream, since they may be larger
 * than what a process should hold. Everything else is as in `wire/http-fetch`: what is no success is thrown.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { Dispatcher } from 'undici';
import { FetchFailed, type Fetch } from '../wire/http-fetch.js';

/** Milliseconds without a sign of the server. An upload is taken apart before it is answered. */
const silence = { headersTimeout: 10 * 60_000, bodyTimeout: 2 * 60_000 };

/** So much of a refusal is read. */
const longestRefusal = 64 * 1024;

export function createStreamingFetch(dispatcher: Dispatcher): Fetch {
  return async (url, init = {}) => {
    const { origin, pathname, search } = new URL(url instanceof Request ? url.url : url);
    try {
      const response = await dispatcher.request({
        origin,
        path: pathname + search,
        method: (init.method ?? 'GET').toUpperCase() as Dispatcher.HttpMethod,
        headers: plain(init.headers),
        body: sendable(init),
        signal: init.signal ?? null,
        ...silence,
      });
      const { statusCode: status } = response;
      const received = new Headers(
        Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value ?? ''),
        ]),
      );
      if (status >= 200 && status < 300)
        return new Response(Readable.toWeb(response.body) as WebStream as ReadableStream, {
          status,
          headers: received,
        });
      throw new FetchFailed({
        kind: 'response',
        response: { status, headers: received, body: await start(response.body) },
      });
    } catch (error) {
      throw error instanceof FetchFailed ? error : new FetchFailed({ kind: 'broken', error, begun: false });
    }
  };
}

/** Without `x-stainless-…`, in which the SDKs send the versions of Node and of the operating system. */
function plain(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries([...new Headers(headers)].filter(([name]) => !name.startsWith('x-stainless-')));
}

/** What an SDK sends: text, or a stream of a file. */
function sendable({ body }: RequestInit): string | Readable | null {
  if (body instanceof ReadableStream) return Readable.fromWeb(body as unknown as WebStream);
  return typeof body === 'string' ? body : null;
}

async function start(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > longestRefusal) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A body that is read from the disk while it is sent, with its headers. */
export interface FileBody {
  readonly body: Readable;
  readonly headers: Readonly<Record<string, string>>;
}

export async function fileBody(path: string): Promise<FileBody> {
  const { size } = await stat(path);
  return {
    body: createReadStream(path),
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
  };
}

/** A form with one file, as `multipart/form-data` (RFC 7578). */
export async function formBody(path: string, fields: Readonly<Record<string, string>>): Promise<FileBody> {
  const boundary = `dd-${randomUUID()}`;
  const part = (about: string, value: string): string =>
    `--${boundary}\r\ncontent-disposition: form-data; ${about}\r\n\r\n${value}`;
  const before = [
    ...Object.entries(fields).map(([name, value]) => part(`name="${name}"`, `${value}\r\n`)),
    part('name="file"; filename="batch.jsonl"\r\ncontent-type: application/jsonl', ''),
  ].join('');
  const after = `\r\n--${boundary}--\r\n`;
  const { size } = await stat(path);
  const content = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(before);
    yield* createReadStream(path) as AsyncIterable<Buffer>;
    yield Buffer.from(after);
  };
  return {
    body: Readable.from(content(), { objectMode: false }),
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(Buffer.byteLength(before) + size + Buffer.byteLength(after)),
    },
  };
}
