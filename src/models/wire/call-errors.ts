import { classOf, isDailyLimit, isTooLarge, isUnclear } from './error-class.js';
import { isHtml, readErrorBody, wordsOfHtml, type ErrorBody } from './error-body.js';
import { refusedParameter, refusesSchema } from './refusals.js';
import { requestedWait } from './retry-after.js';
import { tokenRoom, windowUse } from './token-room.js';
import { maxRetryAfterMs } from '../rate-limiting/retry.js';
import { shownUrl } from '../providers/endpoint-url.js';
import type { CallError, Endpoint, Model } from '../types.js';
import type { WireResponse } from './http-fetch.js';
import { jsonIn } from '../../core/json.js';
import { oneLine } from '../../core/one-line.js';
import type { FailureClass } from '../../core/failure.js';

/** What an error response means, with the advice that fits. */
export function errorOfResponse(response: WireResponse, model: Model): CallError {
  if (response.status < 400) return redirected(response, model);
  const { status } = response;
  const body = readErrorBody(response.body);
  const failureClass = classOf(status, body);
  const asked = requestedWait(response.headers);
  const wait = asked?.ms ?? body.waitMs;
  const isBusy = failureClass === 'rate' || failureClass === 'overload' || failureClass === 'timeout';
  const isLongLimit =
    isBusy && ((wait ?? 0) > maxRetryAfterMs || (failureClass === 'rate' && isDailyLimit(body, wait)));
  const hint = isLongLimit ? longLimitHint : hintFor(failureClass, status, body, model);
  const isAboutRequest = failureClass === 'invalid-request' || failureClass === 'context-window';
  const room = isAboutRequest ? tokenRoom(body.words) : undefined;
  const use =
    isAboutRequest && !isTooLarge(status, body) ? windowUse(`${body.words} ${body.text}`) : undefined;
  const refused = failureClass === 'invalid-request' ? refusedParameter(status, body) : undefined;
  const message = `${model.endpoint.provider} answered ${status}: ${body.reason || 'no reason given'}`;
  return {
    class: failureClass,
    status,
    message: isLongLimit ? `${message}; ${untilWhen(wait)}` : message,
    ...(hint === undefined ? {} : { hint }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(asked === undefined ? {} : { waitHeader: asked.header }),
    ...(isLongLimit ? { isLongLimit } : {}),
    ...(failureClass === 'auth' && isUnclear(status, body) ? { isUnclear: true } : {}),
    ...(body.generation === undefined ? {} : { answer: body.generation }),
    ...(refusesSchema(status, failureClass, body) ? { refusesSchema: true } : {}),
    ...(room === undefined ? {} : { tokenRoom: room }),
    ...(use?.window === undefined && use?.prompt === undefined ? {} : { windowUse: use }),
    ...(refused === undefined ? {} : { refusesParameter: refused }),
  };
}

const longLimitHint = 'run the same command again then, or name a second model for the column';

/** When the server may be asked again, to the minute. */
function untilWhen(waitMs: number | undefined): string {
  if (waitMs === undefined || waitMs < maxRetryAfterMs) return 'this is a limit of the day: it ends tomorrow';
  const time = new Date(Date.now() + Math.min(waitMs, longestWaitMs)).toISOString();
  return `it wants no request before ${time.slice(0, 16).replace('T', ' ')} UTC`;
}

/** A hundred years: dates end somewhere. */
const longestWaitMs = 100 * 365 * 86_400_000;

/** The endpoint wants a key and its variable is not set: known without a call. */
export function missingKey(endpoint: Endpoint): CallError {
  return {
    class: 'auth',
    message: `no key for the provider ${endpoint.provider}: ${endpoint.keyVariable} is not set`,
    hint: `set ${endpoint.keyVariable} to your key of ${endpoint.provider}`,
  };
}

/** An HTTP header cannot hold the key, as when a line break was copied along: known without a call. */
export function unsendableKey(endpoint: Endpoint): CallError {
  return {
    class: 'auth',
    message: `${endpoint.keyVariable} holds characters that no key has: spaces, line breaks or beyond ASCII`,
    hint: `set ${endpoint.keyVariable} to your key of ${endpoint.provider} and nothing else`,
  };
}

/** Not shown: where the parts of an address cannot be separated, any of them may be a password or a key. */
export function notAUrl({ provider, definition }: Endpoint): CallError {
  const variable = definition.home?.urlVariable;
  return {
    class: 'invalid-request',
    message: `the provider ${provider} cannot be called: its endpoint is not a URL of http or https`,
    hint: `write it as http://host:port/v1${variable === undefined ? '' : `, in the recipe or in ${variable}`}`,
  };
}

/**
 * A 200 that holds no answer: an HTML page of a proxy, an empty body, JSON without choices.
 *
 * @param body what came, for the message; an empty or broken one may be whole the next time
 */
export function notAnAnswer(model: Model, what: string, body = '', wanted = 'a chat completion'): CallError {
  const isWhole = jsonIn(body) !== undefined || isHtml(body);
  const said = oneLine(isHtml(body) ? wordsOfHtml(body) : body, 120);
  return {
    class: 'overload',
    status: 200,
    message: `${model.endpoint.provider} answered 200 with ${what} instead of ${wanted}${said === '' ? '' : `: ${said}`}`,
    ...(isWhole && { isNoAnswer: true }),
    hint: `check that ${shownUrl(model.endpoint.url)} is the base URL of an OpenAI-compatible server`,
  };
}

/** A 200 whose answer the server did not finish: it says so instead of a reason like `stop`. */
export function endedEarly(model: Model, reason: string): CallError {
  return {
    class: 'overload',
    status: 200,
    message: `${model.endpoint.provider} ended its answer early (finish_reason "${oneLine(reason, 40)}")`,
  };
}

/** @param begun a part of the answer was there: the server has been silent since */
export function timedOut(model: Model, seconds: number, begun = false): CallError {
  const { endpoint, alias } = model;
  return {
    class: 'timeout',
    message: begun
      ? `${endpoint.provider} sent no more of its answer for ${seconds} s`
      : `${endpoint.provider} did not answer within ${seconds} s`,
    hint: begun
      ? `raise timeout of ${alias} (seconds)`
      : `raise timeout of ${alias} (seconds), or lower its max_tokens`,
  };
}

/** What becomes of a request that the end of the run cuts off. */
export const cutOff: CallError = {
  class: 'stopped',
  message: 'the run was stopped while this request was in flight',
};

/** Not followed: the key and the prompts go where the recipe says, and nowhere else. */
function redirected({ status, headers }: WireResponse, { endpoint }: Model): CallError {
  const location = headers.get('location');
  const target = location === null ? '' : `: go to ${shownUrl(location, endpoint.url)}`;
  return {
    class: 'invalid-request',
    status,
    message: `${endpoint.provider} answered ${status}${target}`,
    hint: `redirects are not followed; if you trust that address, make it the endpoint of ${endpoint.provider} in place of ${shownUrl(endpoint.url)}`,
  };
}

function hintFor(
  failureClass: FailureClass,
  status: number,
  body: ErrorBody,
  model: Model,
): string | undefined {
  const { endpoint } = model;
  switch (failureClass) {
    case 'auth':
      return endpoint.keyVariable === undefined
        ? `give the provider ${endpoint.provider} an api_key: the name of the environment variable that holds it`
        : `set ${endpoint.keyVariable} to a key of ${endpoint.provider} that may use ${model.model}`;
    case 'quota':
      return `add credit to your account at ${endpoint.provider}, or raise its limit, then run the same command again`;
    case 'context-window':
      if (isTooLarge(status, body))
        return `shorten the prompt, or lower max_tokens of ${model.alias}: it is more than your account may use in a minute`;
      if (tokenRoom(body.words)) return `shorten the prompt, or lower max_tokens of ${model.alias}`;
      return `shorten the prompt, bound its long parts with \`| fit(BYTES)\`, or use a model with a larger context window than ${model.model}`;
    case 'rate':
      return `lower max_parallel_requests of ${model.alias}`;
    case 'invalid-request':
      if (status === 403)
        return `a firewall between you and ${endpoint.provider} blocked this request: change the prompt, leave the row out, or have it allowed`;
      return status === 404
        ? `check the model name ${model.model} and the URL ${shownUrl(endpoint.url)}`
        : undefined;
    default:
      return undefined;
  }
}
