import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import type { ZlibOptions } from 'node:zlib';
import type { Dispatcher } from 'undici';

/** A whole response, whatever its status. */
export interface WireResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: string;
}

/** How an exchange ended that brought no success. */
export type Outcome =
  /** A response with a status beyond 2xx. */
  | { readonly kind: 'response'; readonly response: WireResponse }
  /** No response, or (`begun`) the first part of one. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly begun: boolean };

/**
 * Thrown by the fetch for everything but a success. An SDK keeps it as the `cause` of its own error, whereas of
 * a response with an error it keeps only the JSON, and of a connection that timed out nothing at all.
 */
export class FetchFailed extends Error {
  constructor(readonly outcome: Outcome) {
    super(outcome.kind);
  }
}

export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A response larger than this, in bytes, is given up: no model writes so much, and memory is for rows. */
export const longestResponse = 64 * 2 ** 20;

/**
 * The `fetch` under the SDKs. It reads a body whole, decompresses it and limits its size. Redirects are responses
 * like any other: what is sent with a key goes to its URL and nowhere else. There is no deadline but the signal.
 *
 * @param dispatcher where connections come from
 */
export function createFetch(dispatcher: Dispatcher): Fetch {
  return (url, init = {}) => exchange(dispatcher, new URL(url instanceof Request ? url.url : url), init);
}

/** Through `dispatch`, since `request` makes a stream of each body: half of what a whole call costs. */
function exchange(dispatcher: Dispatcher, url: URL, init: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', body = null, signal } = init;
    let controller: Dispatcher.DispatchController | undefined;
    let status: number | undefined;
    let received: IncomingHttpHeaders = {};
    let ended = false;
    const chunks: Buffer[] = [];

    const end = (): void => {
      ended = true;
      signal?.removeEventListener('abort', cutOff);
    };
    const fail = (error: unknown): void => {
      end();
      reject(new FetchFailed({ kind: 'broken', error, begun: status !== undefined }));
    };
    const cutOff = (): void => {
      fail(signal?.reason);
      controller?.abort(new Error('cut off'));
    };
    if (signal?.aborted) return cutOff();
    signal?.addEventListener('abort', cutOff, { once: true });
    if (body !== null && typeof body !== 'string') return fail(new TypeError('only text is sent'));

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers: sentHeaders(init.headers),
        body,
      },
      {
        onRequestStart(started) {
          controller = started;
          // Given up while it waited for its connection.
          if (ended) started.abort(new Error('cut off'));
        },
        onResponseStart(_controller, statusCode, headers) {
          status = statusCode;
          received = headers;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          if (ended) return;
          end();
          resolve(wholeResponse(status ?? 0, received, chunks));
        },
        onResponseError(_controller, error) {
          if (!ended) fail(error);
        },
      },
    );
  });
}

/** Headers that an SDK makes once and sends with each call. */
const knownHeaders = new WeakMap<object, Record<string, string>>();

/** Without `x-stainless-…`, in which the SDKs tell the versions of Node and of the operating system. */
function sentHeaders(headers: RequestInit['headers']): Record<string, string> {
  const known = headers && knownHeaders.get(headers);
  if (known) return known;
  const sent = Object.fromEntries(
    [...new Headers(headers)].filter(([name]) => !name.startsWith('x-stainless-')),
  );
  if (headers) knownHeaders.set(headers, sent);
  return sent;
}

async function wholeResponse(
  status: number,
  received: IncomingHttpHeaders,
  chunks: readonly Buffer[],
): Promise<Response> {
  const headers = { get: (name: string): string | null => valueOf(received[name.toLowerCase()]) };
  let body: string;
  try {
    body = await decodeBody(chunks, headers.get('content-encoding'), longestResponse);
  } catch (error) {
    throw new FetchFailed({ kind: 'broken', error, begun: true });
  }
  // undici lends a connection again one turn of the event loop after its last byte: the next call, were it
  // made sooner, would open another.
  await new Promise(setImmediate);
  if (status < 200 || status > 299)
    throw new FetchFailed({ kind: 'response', response: { status, headers, body } });
  return wholeSuccess(body, status, headers.get('content-type'));
}

/**
 * A success whose body is there already, as text: Node makes a stream of a body, which costs 100 µs a call. No class
 * of its own, because naming `Response` when this module is loaded would load all of Node's fetch.
 */
function wholeSuccess(body: string, status: number, type: string | null): Response {
  const response = new Response(null, {
    status,
    ...(type !== null && { headers: { 'content-type': type } }),
  });
  const text = async (): Promise<string> => body;
  const json = async (): Promise<unknown> => JSON.parse(body) as unknown;
  return Object.assign(response, { text, json });
}

function valueOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

/** Compression is not asked for, but some gateways compress anyway. */
async function decoderOf(
  name: string,
): Promise<((bytes: Buffer, options: ZlibOptions) => Promise<Buffer>) | undefined> {
  const { brotliDecompress, gunzip, inflate } = await import('node:zlib');
  const decoders = { gzip: gunzip, 'x-gzip': gunzip, deflate: inflate, br: brotliDecompress };
  const decode = Object.entries(decoders).find(([known]) => known === name)?.[1];
  return decode && promisify<Buffer, ZlibOptions, Buffer>(decode);
}

/**
 * The text of a body, decompressed where its `Content-Encoding` (RFC 9110, 8.4) says so. Rejects when it is cut
 * off, larger than `longest` bytes, or in an encoding that Node does not know.
 */
async function decodeBody(
  chunks: readonly Buffer[],
  encoding: string | null,
  longest: number,
): Promise<string> {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks);
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return textOf(bytes);
  const decode = await decoderOf(name);
  if (!decode) throw new Error(`its body is encoded as ${name}, which was not asked for`);
  return textOf(await decode(bytes, { maxOutputLength: longest }));
}

/** UTF-8, as RFC 8259 has it, without the byte order mark that some servers put first. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
