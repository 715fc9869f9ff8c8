import { Readable } from 'node:stream';
import { OpenAI } from 'openai';
import type { Dispatcher } from 'undici';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import type { Fetch } from '../wire/http-fetch.js';
import { bareOptions } from '../wire/openai-client.js';
import { followRedirects } from './download-files.js';
import { refusalOf } from './provider-call.js';
import { createStreamingFetch, fileBody } from './streaming-fetch.js';

type FetchArguments = Parameters<OpenAI['fetchWithTimeout']>;

/** The `openai` package for files and batches, with nothing from the environment and without retries. */
export class OpenAIBatchClient extends OpenAI {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #send: Fetch;

  constructor(base: URL, headers: Readonly<Record<string, string>>, dispatcher: Dispatcher) {
    const send = createStreamingFetch(dispatcher);
    super({
      baseURL: base.href,
      ...bareOptions,
      defaultHeaders: { authorization: null, ...headers },
      fetch: send,
    });
    this.#base = base;
    this.#headers = headers;
    this.#send = send;
  }

  /** Without the listener that the package leaves on the signal with each call. */
  override fetchWithTimeout(url: FetchArguments[0], init: FetchArguments[1]): Promise<Response> {
    return this.#send(url, init);
  }

  /** Beside the base URL's path; a query, such as Azure's `api-version`, stays with it. */
  override buildURL(path: string, query?: Record<string, unknown> | null): string {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  /** All batches in pages, in the order of the provider: OpenAI's pages, or one plain list. */
  async *pages(signal: AbortSignal): AsyncGenerator<readonly JsonObject[]> {
    for (let after: string | undefined; ;) {
      const query = { limit: 100, ...(after !== undefined && { after }) };
      const page = await this.get<Json>('/batches', { query, signal });
      const list = isObject(page) ? page['data'] : page;
      const batches = (Array.isArray(list) ? list : []).filter(isObject);
      yield batches;
      const last = batches.at(-1)?.['id'];
      if (!isObject(page) || page['has_more'] !== true || typeof last !== 'string' || last === after) return;
      after = last;
    }
  }

  /** The content of a file, also where the answer is the address that has it. */
  fileContent(id: string, signal: AbortSignal): Promise<Response> {
    const first = (): Promise<Response> => this.files.content(id, { signal });
    const from = { url: this.#base.href, headers: this.#headers };
    return followRedirects(first, this.#send, from, signal);
  }

  /** Posts the name of a file; the address that comes back takes its content, without the key. */
  async uploadElsewhere(path: string, purpose: string, signal: AbortSignal): Promise<string> {
    const query = { file_name: 'batch.jsonl', file_type: 'jsonl', purpose };
    const refused = await this.post('/files', { query, signal }).then(
      () => new Error('the upload was not begun'),
      (error: Error) => error,
    );
    const response = refusalOf(refused);
    const [address, id] = ['location', 'x-together-file-id'].map((name) => response?.headers.get(name));
    if (response?.status !== 302 || !address || !id) throw refused;
    const { body, headers } = await fileBody(path);
    const stream = Readable.toWeb(body) as unknown as ReadableStream;
    await this.#send(address, { method: 'PUT', headers, body: stream, signal });
    return id;
  }
}
