import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type ZlibOptions } from 'node:zlib';
import type { Dispatcher, Pool } from 'undici';

/** One POST, and how long it may take. */
export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the moment it is handed over until the last byte of the answer. */
  readonly timeoutMs: number;
  /** Cuts it off. */
  readonly signal: AbortSignal;
}

/** A whole response, whatever its status. */
export interface WireResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: string;
}

/** How a POST ended. In all cases but the first its socket is closed. */
export type WireOutcome =
  | { readonly kind: 'response'; readonly response: WireResponse }
  | { readonly kind: 'timeout' }
  /** By the signal. */
  | { readonly kind: 'cut-off' }
  /** No response, or (`begun`) the first part of one. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly begun: boolean };

/** Connections to one URL: as many as there are POSTs at once; idle ones keep no process alive. */
export interface Wire {
  post(post: Post): Promise<WireOutcome>;
}

/** A response larger than this, in bytes, is given up: no model writes so much, and memory is for rows. */
export const longestResponse = 64 * 2 ** 20;

/**
 * Opens a wire; no socket before the first POST. Redirects are responses like any other: what is sent with a
 * key goes to this URL and nowhere else.
 *
 * undici itself, and not an SDK over it: `bench/calls.mjs` shows what that would add to each call.
 *
 * @param url of `http:` or `https:`
 */
export async function openWire(url: URL): Promise<Wire> {
  const { Pool } = await import('undici');
  const pool = new Pool(url.origin, {
    // Answers take longer than undici's own 300 s; each POST brings its own limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: longestResponse,
  });
  const path = url.pathname + url.search;
  return { post: (post) => send(pool, path, post) };
}

/** Through `dispatch`, since `request` makes a stream of each body: half of what a whole call costs. */
function send(pool: Pool, path: string, { headers, body, timeoutMs, signal }: Post): Promise<WireOutcome> {
  return new Promise((resolve) => {
    let exchange: Dispatcher.DispatchController | undefined;
    let status: number | undefined;
    let received: IncomingHttpHeaders = {};
    let ended = false;
    const chunks: Buffer[] = [];

    const end = (outcome: WireOutcome | Promise<WireOutcome>): void => {
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', cutOff);
      resolve(outcome);
    };
    const giveUp = (kind: 'timeout' | 'cut-off'): void => {
      end({ kind });
      exchange?.abort(new Error(kind));
    };
    const cutOff = (): void => giveUp('cut-off');
    const timer = setTimeout(giveUp, timeoutMs, 'timeout');
    signal.addEventListener('abort', cutOff, { once: true });
    if (signal.aborted) return cutOff();

    pool.dispatch(
      { method: 'POST', path, headers, body },
      {
        onRequestStart(controller) {
          exchange = controller;
          // Given up while it waited for its connection.
          if (ended) controller.abort(new Error('given up'));
        },
        onResponseStart(_controller, statusCode, responseHeaders) {
          status = statusCode;
          received = responseHeaders;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          if (!ended) end(wholeResponse(status ?? 0, received, chunks));
        },
        onResponseError(_controller, error) {
          if (!ended) end({ kind: 'broken', error, begun: status !== undefined });
        },
      },
    );
  });
}

async function wholeResponse(
  status: number,
  received: IncomingHttpHeaders,
  chunks: readonly Buffer[],
): Promise<WireOutcome> {
  const headers = { get: (name: string): string | null => valueOf(received[name.toLowerCase()]) };
  try {
    const body = await decodeBody(chunks, headers.get('content-encoding'), longestResponse);
    // undici lends a connection again one turn of the event loop after its last byte: the next POST, were it
    // made sooner, would open another.
    await new Promise(setImmediate);
    return { kind: 'response', response: { status, headers, body } };
  } catch (error) {
    return { kind: 'broken', error, begun: true };
  }
}

function valueOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

/** Compression is not asked for, but some gateways compress all the same. */
const decoders: ReadonlyMap<string, (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>> = new Map([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

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
  const decode = decoders.get(name);
  if (!decode) throw new Error(`its body is encoded as ${name}, which was not asked for`);
  return textOf(await decode(bytes, { maxOutputLength: longest }));
}

/** UTF-8, as RFC 8259 has it, without the byte order mark that some servers put first. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
