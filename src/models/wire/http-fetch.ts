import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { longestTimerMs } from '../../core/clock.js';
import { heapUse } from '../../core/memory.js';
import { onAbort } from '../../core/on-abort.js';
import { decodeBody, isEncoded, textOf } from './decode-body.js';

/** A whole response, whatever its status. */
export interface WireResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: string;
}

/** How an exchange ended that brought no success. */
export type Outcome =
  /** The deadline passed; `begun`: since the last event of a stream. */
  | { readonly kind: 'late'; readonly begun: boolean }
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
    // What sounds like a timeout becomes an error of the SDK without a cause.
    super('no success');
  }
}

/** @param deadlineMs how long the exchange may take, or a stream of events may be silent; no limit when left out */
export type Fetch = (
  url: string | URL | Request,
  init?: RequestInit,
  deadlineMs?: number,
) => Promise<Response>;

/**
 * A response larger than this, in bytes, is given up: no model writes so much, and memory is for rows. Several may
 * arrive at once, and each is taken apart.
 */
export const longestResponse = Math.floor(Math.min(64 * 2 ** 20, heapUse().limit / 32));

/**
 * The `fetch` under the SDKs. It reads a body whole, decompresses it and limits its size. Redirects are responses
 * like any other: what is sent with a key goes to its URL and nowhere else.
 *
 * @param dispatcher where connections come from
 */
export function createFetch(dispatcher: Dispatcher): Fetch {
  let last: { readonly address: string; readonly origin: string; readonly path: string } | undefined;
  return (url, init = {}, deadlineMs = undefined) => {
    const address = typeof url === 'string' ? url : url instanceof URL ? url.href : url.url;
    if (last?.address !== address) {
      const { origin, pathname, search } = new URL(address);
      last = { address, origin, path: pathname + search };
    }
    return exchange(dispatcher, last, init, deadlineMs);
  };
}

/** Through `dispatch`, since `request` makes a stream of each body: half of what a whole call costs. */
function exchange(
  dispatcher: Dispatcher,
  { origin, path }: { readonly origin: string; readonly path: string },
  { method = 'GET', body = null, headers, signal }: RequestInit,
  deadlineMs: number | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status: number | undefined;
    let received: IncomingHttpHeaders = {};
    let ended = false;
    let isStream = false;
    let timer: NodeJS.Timeout | undefined;
    let unlisten: (() => void) | undefined;
    const chunks: Buffer[] = [];

    const end = (): void => {
      ended = true;
      clearTimeout(timer);
      unlisten?.();
    };
    const fail = (outcome: Outcome): void => {
      end();
      reject(new FetchFailed(outcome));
    };
    const failBroken = (error: unknown): void => fail({ kind: 'broken', error, begun: status !== undefined });
    const cutOff = (): void => {
      failBroken(signal?.reason);
      controller?.abort(new Error('cut off'));
    };
    const expire = (): void => {
      fail({ kind: 'late', begun: isStream });
      controller?.abort(new Error('late'));
    };
    if (signal?.aborted) return cutOff();
    if (body !== null && typeof body !== 'string') return failBroken(new TypeError('only text is sent'));
    unlisten = signal ? onAbort(signal, cutOff) : undefined;
    if (deadlineMs !== undefined) timer = setTimeout(expire, Math.min(deadlineMs, longestTimerMs));

    dispatcher.dispatch(
      { origin, path, method: method as Dispatcher.HttpMethod, headers: sentHeaders(headers), body },
      {
        onRequestStart(started) {
          controller = started;
          // Given up while it waited for its connection.
          if (ended) started.abort(new Error('cut off'));
        },
        onResponseStart(_controller, statusCode, headers) {
          status = statusCode;
          received = headers;
          isStream = /event-stream/i.test(valueOf(headers['content-type']) ?? '');
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
          if (isStream && !isKeepAlive(chunk)) timer?.refresh();
        },
        onResponseEnd() {
          if (ended) return;
          end();
          // undici lends a connection again in the turn of the event loop that it asks for behind this: the next call,
          // were it made sooner, would open another.
          const settle = (): void => void wholeResponse(status ?? 0, received, chunks).then(resolve, reject);
          queueMicrotask(() => setImmediate(settle));
        },
        onResponseError(_controller, error) {
          if (!ended) failBroken(error);
        },
      },
    );
  });
}

/** Comments and pings of a stream: the server is there, and the model may not be. */
function isKeepAlive(chunk: Buffer): boolean {
  if (chunk.length > 200) return false;
  return /^(?:\s*:[^\n]*(?:\n|$)|\s*event: ?ping\s+data:[^\n]*(?:\n|$))*\s*$/.test(chunk.toString('latin1'));
}

/** Headers that an SDK makes once and sends with each call. */
const knownHeaders = new WeakMap<object, Record<string, string>>();

/** Without `x-stainless-…`, in which the SDKs send the versions of Node and of the operating system. */
function sentHeaders(headers: RequestInit['headers']): Record<string, string> {
  const known = headers && knownHeaders.get(headers);
  if (known) return known;
  const sent = Object.fromEntries(
    [...new Headers(headers)].filter(([name]) => !name.startsWith('x-stainless-')),
  );
  if (headers) knownHeaders.set(headers, sent);
  return sent;
}

/** A success as a `Response`; everything else is thrown. */
async function wholeResponse(
  status: number,
  received: IncomingHttpHeaders,
  chunks: readonly Buffer[],
): Promise<Response> {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first ? first : Buffer.concat(chunks);
  const encoding = valueOf(received['content-encoding'])?.trim().toLowerCase() ?? '';
  const type = valueOf(received['content-type']) ?? '';
  const body = isEncoded(bytes, encoding)
    ? await decodeBody(bytes, encoding, type, longestResponse).catch(failUnreadable)
    : textOf(bytes, type);
  if (status >= 200 && status <= 299) return new WholeSuccess(status, received, body) as unknown as Response;
  const headers = { get: (name: string) => valueOf(received[name.toLowerCase()]) };
  throw new FetchFailed({ kind: 'response', response: { status, headers, body } });
}

/**
 * As much of a `Response` as the SDKs read, with a body that is there already. Node's own makes a stream of each
 * body, and loads all of its fetch.
 */
class WholeSuccess {
  readonly ok = true;
  readonly url = '';
  readonly status: number;
  readonly headers: { get(name: string): string | null; entries(): readonly [] };
  readonly #body: string;

  constructor(status: number, received: IncomingHttpHeaders, body: string) {
    this.status = status;
    // The SDKs iterate over headers only to log them.
    this.headers = { get: (name) => valueOf(received[name.toLowerCase()]), entries: () => [] };
    this.#body = body;
  }

  async text(): Promise<string> {
    return this.#body;
  }

  async json(): Promise<unknown> {
    return JSON.parse(this.#body) as unknown;
  }
}

function failUnreadable(error: unknown): never {
  throw new FetchFailed({ kind: 'broken', error, begun: true });
}

function valueOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}
