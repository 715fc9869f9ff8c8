/** One call to a provider's batch API, with its errors as values that hold no key. */
import { isNativeError } from 'node:util/types';
import { err, ok, type Result } from '../../core/result.js';
import type { CallError, Endpoint, Model, Route } from '../types.js';
import { shownUrl } from '../providers/endpoint-url.js';
import { cutOff, errorOfResponse } from '../wire/call-errors.js';
import { errorOfConnection } from '../wire/connection-errors.js';
import { withoutKeys } from '../wire/hide-keys.js';
import { FetchFailed, type WireResponse } from '../wire/http-fetch.js';

export interface ProviderCall {
  readonly endpoint: Endpoint;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly route: Route;
  readonly signal: AbortSignal;
  /** What an error response means; OpenAI's way when left out. */
  readonly readError?: (response: WireResponse, model: Model) => CallError;
}

/** The response that was thrown since it is no success, also by an SDK, which wraps it. */
export const refusalOf = (thrown: unknown): WireResponse | undefined => {
  const outcome = failureIn(thrown)?.outcome;
  return outcome?.kind === 'response' ? outcome.response : undefined;
};

function failureIn(thrown: unknown): FetchFailed | undefined {
  const cause = isNativeError(thrown) && thrown.cause instanceof FetchFailed ? thrown.cause : thrown;
  return cause instanceof FetchFailed ? cause : undefined;
}

export async function callProvider<T>(
  { endpoint, env, route, signal, readError = errorOfResponse }: ProviderCall,
  act: () => Promise<T>,
): Promise<Result<T, CallError>> {
  const model: Model = { ...nameless, alias: endpoint.provider, endpoint };
  try {
    return ok(await act());
  } catch (thrown) {
    if (signal.aborted) return err(cutOff);
    const failed = failureIn(thrown)?.outcome;
    if (failed?.kind === 'response')
      return err(withHint(readError(withoutKeys(failed.response, endpoint, env), model), endpoint));
    const begun = failed?.kind === 'broken' && failed.begun;
    const error = failed?.kind === 'broken' ? failed.error : thrown;
    return err(errorOfConnection(error, model, begun, route.proxyVariable));
  }
}

/** An address without batches is not a wrong model. */
function withHint(error: CallError, { url }: Endpoint): CallError {
  if (error.status !== 404) return error;
  return { ...error, hint: `check that the server at ${shownUrl(url)} takes batches` };
}

/** Messages about batches name the provider; no model is to blame. */
const nameless: Omit<Model, 'endpoint' | 'alias'> = {
  model: 'the batch',
  parameters: {},
  structuredOutput: 'auto',
  prices: undefined,
};
