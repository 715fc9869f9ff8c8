import { readErrorBody, type ErrorBody } from './error-body.js';
import { shownUrl } from '../providers/endpoint-url.js';
import type { CallError, Endpoint, Model } from '../types.js';
import type { WireResponse } from './http-fetch.js';
import type { FailureClass } from '../../core/failure.js';

/** What an error response means: by the server's codes first, by status next, by its words last. */
export function errorOfResponse(response: WireResponse, model: Model): CallError {
  if (response.status < 400) return redirected(response, model);
  const body = readErrorBody(response.body);
  const failureClass = classOf(response.status, body);
  const hint = hintFor(failureClass, response.status, model);
  const wait = retryAfterMs(response.headers);
  const refused = failureClass === 'invalid-request' ? refusedParameter(body) : undefined;
  return {
    class: failureClass,
    status: response.status,
    message: `${model.endpoint.provider} answered ${response.status}: ${body.reason || 'no reason given'}`,
    ...(hint === undefined ? {} : { hint }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(failureClass === 'invalid-request' && refusesSchema(response.status, body)
      ? { refusesSchema: true }
      : {}),
    ...(refused === undefined ? {} : { refusesParameter: refused }),
  };
}

/** The endpoint wants a key and its variable is not set: known without a call. */
export function missingKey(endpoint: Endpoint): CallError {
  return {
    class: 'auth',
    message: `no key for the provider ${endpoint.provider}: ${endpoint.keyVariable} is not set`,
    hint: `set ${endpoint.keyVariable} to your key of ${endpoint.provider}`,
  };
}

/** The key cannot stand in an HTTP header, as when a line break was copied along: known without a call. */
export function unsendableKey(endpoint: Endpoint): CallError {
  return {
    class: 'auth',
    message: `${endpoint.keyVariable} holds characters that no key has: spaces, line breaks or beyond ASCII`,
    hint: `set ${endpoint.keyVariable} to your key of ${endpoint.provider} and nothing else`,
  };
}

/** Not shown: where the parts of an address cannot be told, any of them may be a password or a key. */
export function notAUrl({ provider, definition }: Endpoint): CallError {
  const variable = definition.home?.urlVariable;
  return {
    class: 'invalid-request',
    message: `the provider ${provider} cannot be called: its endpoint is not a URL of http or https`,
    hint: `write it as http://host:port/v1${variable === undefined ? '' : `, in the recipe or in ${variable}`}`,
  };
}

/** A 200 that holds no answer: an HTML page of a proxy, an empty body, JSON without choices. */
export function notAnAnswer(model: Model, what: string): CallError {
  return {
    class: 'overload',
    status: 200,
    message: `${model.endpoint.provider} answered 200 with ${what} instead of a chat completion`,
    hint: `check that ${shownUrl(model.endpoint.url)} is the base URL of an OpenAI-compatible server`,
  };
}

export function timedOut(model: Model, seconds: number): CallError {
  return {
    class: 'timeout',
    message: `${model.endpoint.provider} did not answer within ${seconds} s`,
    hint: `raise timeout of ${model.alias} (seconds), or lower its max_tokens`,
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

const quotaCodes = ['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'];
const filterCodes = ['content_filter', 'content_policy_violation', 'responsibleaipolicyviolation'];
const keyCodes = ['invalid_api_key', 'api_key_invalid', 'authentication_error'];
const contextCodes = ['context_length_exceeded', 'exceed_context_size_error', 'string_above_max_length'];

const contextWords = /context (?:length|window|size)|maximum context|prompt is too long|too many tokens/i;
const moderationWords = /\bmoderation\b|\bflagged\b/i;
const schemaWords = /response.?format|json.?schema|structured.?output|guided|grammar/i;

function classOf(status: number, { codes, text }: ErrorBody): FailureClass {
  const says = (names: readonly string[]): boolean => codes.some((code) => names.includes(code));
  if (says(quotaCodes) || status === 402) return 'quota';
  if (says(filterCodes) || (status === 403 && moderationWords.test(text))) return 'content-filter';
  if (says(keyCodes) || status === 401 || status === 403) return 'auth';
  if (says(contextCodes) || status === 413) return 'context-window';
  if ((status === 400 || status === 422) && contextWords.test(text)) return 'context-window';
  if (status === 429) return 'rate';
  if (status === 408) return 'timeout';
  // 409 and 425 say "not now", and OpenAI's own SDK tries a 409 again.
  if (status >= 500 || status === 409 || status === 425) return 'overload';
  return 'invalid-request';
}

function refusesSchema(status: number, { text }: ErrorBody): boolean {
  return (status === 400 || status === 404 || status === 422) && schemaWords.test(text);
}

/** https://platform.openai.com/docs/guides/error-codes: `param` names what the model does not take. */
function refusedParameter({ codes, param }: ErrorBody): string | undefined {
  return codes.includes('unsupported_parameter') || codes.includes('unsupported_value') ? param : undefined;
}

function hintFor(failureClass: FailureClass, status: number, model: Model): string | undefined {
  const { endpoint } = model;
  switch (failureClass) {
    case 'auth':
      return endpoint.keyVariable === undefined
        ? `give the provider ${endpoint.provider} an api_key: the name of the environment variable that holds it`
        : `set ${endpoint.keyVariable} to a key of ${endpoint.provider} that may use ${model.model}`;
    case 'quota':
      return `add credit to your account at ${endpoint.provider}, then run the same command again`;
    case 'context-window':
      return `shorten the prompt, or use a model with a larger context window than ${model.model}`;
    case 'rate':
      return `lower max_parallel_requests of ${model.alias}`;
    case 'invalid-request':
      return status === 404
        ? `check the model name ${model.model} and the URL ${shownUrl(endpoint.url)}`
        : undefined;
    default:
      return undefined;
  }
}

interface HeaderReader {
  get(name: string): string | null;
}

/**
 * How long a server asks to wait, in milliseconds from now; `undefined` when it does not say or cannot be read.
 * In this order: `retry-after-ms`; `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3); and
 * OpenAI's `x-ratelimit-reset-requests` and `-tokens`, the later of those that are used up.
 */
export function retryAfterMs(headers: HeaderReader, now: () => number = Date.now): number | undefined {
  return (
    milliseconds(headers.get('retry-after-ms'), 1) ??
    milliseconds(headers.get('retry-after'), 1000) ??
    untilDate(headers, now) ??
    untilReset(headers)
  );
}

function milliseconds(text: string | null, unit: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? Math.max(0, number * unit) : undefined;
}

/** By the server's own clock where it tells it: ours may be wrong, or its. */
function untilDate(headers: HeaderReader, now: () => number): number | undefined {
  const date = Date.parse(headers.get('retry-after') ?? '');
  if (Number.isNaN(date)) return undefined;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, date - (Number.isNaN(sent) ? now() : sent));
}

function untilReset(headers: HeaderReader): number | undefined {
  const waits = ['requests', 'tokens']
    .filter((kind) => Number(headers.get(`x-ratelimit-remaining-${kind}`)) <= 0)
    .map((kind) => duration(headers.get(`x-ratelimit-reset-${kind}`)))
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as Go writes it: `1s`, `6m0s`, `7.66s`, `20ms`; or bare seconds. */
function duration(text: string | null): number | undefined {
  if (text === null || text.length > 40) return undefined;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(text)) return milliseconds(text, 1000);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}
