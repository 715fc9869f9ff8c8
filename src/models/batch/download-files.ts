/** Files of results, streamed to the disk. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { httpUrl } from '../providers/endpoint-url.js';
import type { Fetch } from '../wire/http-fetch.js';
import { refusalOf } from './provider-call.js';
import type { Downloaded } from './types.js';

/** Writes each file to `folder`, in order. One that the provider does not have is counted, and the others are kept. */
export async function downloadFiles(
  ids: readonly string[],
  folder: string,
  signal: AbortSignal,
  open: (id: string) => Promise<Response>,
): Promise<Downloaded> {
  const files: string[] = [];
  let missing = 0;
  for (const [index, id] of ids.entries()) {
    const response = await open(id).catch((thrown: unknown) => {
      if (isGone(thrown)) return undefined;
      throw thrown;
    });
    if (!response) {
      missing += 1;
      continue;
    }
    const file = join(folder, `results-${index}.jsonl`);
    await pipeline(bodyOf(response), createWriteStream(file), { signal });
    files.push(file);
  }
  return { files, missing };
}

export const isGone = (thrown: unknown): boolean => [404, 410].includes(refusalOf(thrown)?.status ?? 0);

export const bodyOf = ({ body }: Response): Readable =>
  body ? Readable.fromWeb(body as unknown as WebStream) : Readable.from([]);

const MOST_HOPS = 5;

/**
 * Gets a file from where a provider keeps it: the answer to the first call may be an address of a storage service. The
 * headers, with the key, go to the origin of `from` only, and nothing is got without TLS in place of with it.
 */
export async function followRedirects(
  first: () => Promise<Response>,
  send: Fetch,
  from: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Response> {
  const home = httpUrl(from.url);
  let at = home;
  let get = first;
  for (let hops = 0; ; hops += 1) {
    try {
      return await get();
    } catch (thrown) {
      const { status = 0, headers } = refusalOf(thrown) ?? {};
      const target = httpUrl(headers?.get('location') ?? '', at?.href);
      const isLower = at?.protocol === 'https:' && target?.protocol === 'http:';
      if (![301, 302, 303, 307, 308].includes(status) || !target || isLower || hops >= MOST_HOPS)
        throw thrown;
      at = target;
      const isHome = target.origin === home?.origin;
      get = () => send(target.href, { method: 'GET', signal, ...(isHome && { headers: from.headers }) });
    }
  }
}
