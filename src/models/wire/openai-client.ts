import { OpenAI } from 'openai';
import { longestTimerMs } from '../../core/clock.js';
import type { Fetch } from './http-fetch.js';

type RequestOptions = Parameters<OpenAI['buildRequest']>[0];
type BuiltRequest = ReturnType<OpenAI['buildRequest']>;
type FetchArguments = Parameters<OpenAI['fetchWithTimeout']>;

/** Options of the package that keep out what it would take from the environment, its retries and its log. */
export const bareOptions = {
  // It insists on a key. The one that is sent is among the headers.
  apiKey: 'unused',
  adminAPIKey: null,
  organization: null,
  project: null,
  webhookSecret: null,
  maxRetries: 0,
  timeout: longestTimerMs,
  logLevel: 'off',
} as const;

/**
 * The `openai` package over our `fetch`, with nothing from the environment: no key, address, organization or log.
 * Retries are not its business; its `timeout` is the deadline of the whole exchange. It overrides what costs most in
 * each call of the SDK (new `Headers` four times, `URL` twice, an `AbortController`): a request with the usual
 * headers is sent as it is.
 */
export class OpenAIClient extends OpenAI {
  readonly #base: URL;
  readonly #fetch: Fetch;
  readonly #usual: Headers;
  /** The SDK reads the headers of each request for its log: it gets none, and the usual ones are sent. */
  readonly #unread = new Headers();

  /** @param headers all headers of a call that brings none of its own */
  constructor(base: URL, headers: Readonly<Record<string, string>>, fetch: Fetch) {
    super({
      baseURL: base.href,
      ...bareOptions,
      fetch,
    });
    this.#base = base;
    this.#usual = new Headers(headers);
    this.#fetch = fetch;
  }

  /** Beside the base URL's path; a query, such as Azure's `api-version`, stays behind it. */
  override buildURL(path: string): string {
    const { origin, pathname, search } = this.#base;
    return `${origin}${pathname.replace(/\/+$/, '')}${path}${search}`;
  }

  override async buildRequest(options: RequestOptions): BuiltRequest {
    const { method, path, body, headers, signal, timeout = this.timeout } = options;
    if (headers) return super.buildRequest(options);
    const req = {
      method: method.toUpperCase(),
      headers: this.#unread,
      body: JSON.stringify(body),
      ...(signal && { signal }),
    };
    return { req, url: this.buildURL(path), timeout };
  }

  /** Our fetch has a deadline of its own. */
  override fetchWithTimeout(url: FetchArguments[0], init: FetchArguments[1], ms: number): Promise<Response> {
    return this.#fetch(url, init?.headers === this.#unread ? { ...init, headers: this.#usual } : init, ms);
  }
}
