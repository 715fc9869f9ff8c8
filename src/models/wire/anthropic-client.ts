import { Anthropic } from '@anthropic-ai/sdk';
import { longestTimerMs } from '../../core/clock.js';
import type { Fetch } from './http-fetch.js';

type FetchArguments = Parameters<Anthropic['fetchWithTimeout']>;

/**
 * The `@anthropic-ai/sdk` over our `fetch`. Retries are not its business; its `timeout` is the deadline of the whole
 * exchange.
 */
export class AnthropicClient extends Anthropic {
  readonly #fetch: Fetch;

  constructor(baseURL: string, fetch: Fetch) {
    super({
      baseURL,
      maxRetries: 0,
      timeout: longestTimerMs,
      fetch,
      // What the SDK would otherwise take from the environment: keys of another account, and a log.
      apiKey: null,
      authToken: null,
      logLevel: 'off',
    });
    this.#fetch = fetch;
  }

  /** Our fetch has a deadline of its own. */
  override fetchWithTimeout(url: FetchArguments[0], init: FetchArguments[1], ms: number): Promise<Response> {
    return this.#fetch(url, { ...init, method: init?.method?.toUpperCase() ?? 'GET' }, ms);
  }
}
