import { OpenAI } from 'openai';
import { longestTimerMs } from './deadline.js';
import type { Fetch } from './http-fetch.js';

type RequestOptions = Parameters<OpenAI['buildRequest']>[0];
type BuiltRequest = ReturnType<OpenAI['buildRequest']>;
type FetchArguments = Parameters<OpenAI['fetchWithTimeout']>;

/**
 * The `openai` package over our `fetch`, with nothing from the environment: no key, address, organization or log.
 * Retries and deadlines are not its business. It overrides what costs most in each call of the SDK (new `Headers`
 * four times, `URL` twice, a timer): a request whose headers are complete is sent as it is.
 */
export class OpenAIClient extends OpenAI {
  readonly #base: URL;
  readonly #fetch: Fetch;

  constructor(base: URL, fetch: Fetch) {
    super({
      baseURL: base.href,
      // It insists on a key. The one that is sent comes with each call.
      apiKey: 'unused',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: longestTimerMs,
      logLevel: 'off',
      fetch,
    });
    this.#base = base;
    this.#fetch = fetch;
  }

  /** Beside the base URL's path; a query, such as Azure's `api-version`, stays behind it. */
  override buildURL(path: string): string {
    const { origin, pathname, search } = this.#base;
    return `${origin}${pathname.replace(/\/+$/, '')}${path}${search}`;
  }

  override async buildRequest(options: RequestOptions): BuiltRequest {
    const { method, path, body, headers, signal } = options;
    if (!(headers instanceof Headers)) return super.buildRequest(options);
    const request = {
      method: method.toUpperCase(),
      headers,
      body: JSON.stringify(body),
      ...(signal && { signal }),
    };
    return { req: request, url: this.buildURL(path), timeout: longestTimerMs };
  }

  /** Without a timeout: the signal of the call is its deadline. */
  override fetchWithTimeout(url: FetchArguments[0], init: FetchArguments[1]): Promise<Response> {
    return this.#fetch(url, init);
  }
}
