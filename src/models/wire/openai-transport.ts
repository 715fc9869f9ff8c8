import { err, type Result, ok } from '../../core/result.js';
import { cutOff, errorOfResponse, notAUrl, timedOut, notAnAnswer } from './call-errors.js';
import { chatBody } from './chat-body.js';
import { errorOfConnection } from './connection-errors.js';
import { longestTimerMs, timeoutOf } from './deadline.js';
import { withoutKeys } from './hide-keys.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { providerTypes } from '../providers/provider-types.js';
import { sendableKey } from '../providers/providers.js';
import type { Answer, CallError, ChatTransport, Endpoint, Model, Usage } from '../types.js';
import { openWire, type Wire, type WireOutcome, type WireResponse } from './wire.js';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { kindOfBody, tokenCount } from './error-body.js';

type Headers = Readonly<Record<string, string>>;

/**
 * Chat completions of an OpenAI-compatible server: one POST, read whole. Retries and queues are not its
 * business. Keys are read from `env` for each call.
 */
export function createOpenAiTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): ChatTransport {
  const url = chatUrl(endpoint);
  const ownHeaders = lowerCased(endpoint.headers);
  // Opened late: a run that is answered by the store never pays for loading undici.
  let opening: Promise<Wire> | undefined;
  return {
    async send(request, technique, signal) {
      const { model } = request;
      if (!url) return err(notAUrl(endpoint));
      const key = sendableKey(endpoint, env);
      if (!key.ok) return key;
      opening ??= openWire(url);
      const wire = await opening;
      const outcome = await wire.post({
        headers: { ...usualHeaders, ...keyHeader(endpoint, key.value), ...ownHeaders },
        body: JSON.stringify(chatBody(request, technique)),
        timeoutMs: Math.min(timeoutOf(model) * 1000, longestTimerMs),
        signal,
      });
      return readOutcome(outcome, model, env);
    },
  };
}

/** Beside the base URL's path; a query, such as Azure's `api-version`, stays behind it. */
function chatUrl(endpoint: Endpoint): URL | undefined {
  const url = httpUrl(endpoint.url);
  if (url) url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

const usualHeaders: Headers = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'dd-recipes',
};

function keyHeader({ type }: Endpoint, key: string | undefined): Headers {
  return key === undefined ? {} : lowerCased(providerTypes[type].keyHeader(key));
}

/** So that a header of the provider takes the place of a usual one, however it is written. */
function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function readOutcome(
  outcome: WireOutcome,
  model: Model,
  env: Readonly<Record<string, string | undefined>>,
): Result<Answer, CallError> {
  switch (outcome.kind) {
    case 'response': {
      const read = readResponse(outcome.response, model);
      return read.ok ? read : readResponse(withoutKeys(outcome.response, model.endpoint, env), model);
    }
    case 'timeout':
      return err(timedOut(model, timeoutOf(model)));
    case 'cut-off':
      return err(cutOff);
    case 'broken':
      return err(errorOfConnection(outcome.error, model, outcome.begun));
  }
}

function readResponse(response: WireResponse, model: Model): Result<Answer, CallError> {
  const isAnswer = response.status >= 200 && response.status < 300;
  return isAnswer ? readChatAnswer(response.body, model) : err(errorOfResponse(response, model));
}

/**
 * Reads the body of a 200, whatever its content type. Proxies answer 200 with HTML, gateways with an error
 * inside: neither is taken for an answer.
 */
function readChatAnswer(body: string, model: Model): Result<Answer, CallError> {
  const completion = jsonIn(body);
  if (!isObject(completion)) return err(notAnAnswer(model, kindOfBody(body, completion)));
  if (isObject(completion.error)) return err(errorInside(completion, completion.error, model));
  const choice = firstObject(completion.choices);
  if (!choice) return err(notAnAnswer(model, 'no choices'));
  if (isObject(choice.error)) return err(errorInside(choice, choice.error, model));
  if (!isObject(choice.message)) return err(notAnAnswer(model, 'a choice without a message'));

  const { message } = choice;
  const { refusal } = message;
  const refused = typeof refusal === 'string' && refusal !== '' && !message.content;
  const reasoning = message.reasoning ?? message.reasoning_content;
  return ok({
    text: refused ? refusal : (toolArguments(message) ?? textOf(message.content)),
    finishReason: refused ? 'content_filter' : String(choice.finish_reason ?? 'stop'),
    usage: usageOf(completion.usage),
    ...(typeof reasoning === 'string' && reasoning !== '' ? { reasoning } : {}),
    ...(typeof completion.model === 'string' ? { model: completion.model } : {}),
  });
}

/** OpenRouter answers 200 when the model behind it failed, with the status as `error.code`. */
function errorInside(body: JsonObject, error: JsonObject, model: Model): CallError {
  const status = Number(error.code);
  return errorOfResponse(
    {
      status: status >= 400 && status < 600 ? status : 502,
      headers: { get: () => null },
      body: JSON.stringify(body),
    },
    model,
  );
}

/** Where a tool is called, what it is called with is the answer: the words beside it are not. */
function toolArguments(message: JsonObject): string | undefined {
  const call = firstObject(message.tool_calls);
  const given = isObject(call?.function) ? call.function.arguments : undefined;
  return given === undefined || typeof given === 'string' ? given : JSON.stringify(given);
}

/** Text, or the text parts of a list of parts. */
function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: Json) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function usageOf(usage: Json | undefined): Usage {
  const counts = isObject(usage) ? usage : {};
  const input = isObject(counts.prompt_tokens_details) ? counts.prompt_tokens_details : {};
  const output = isObject(counts.completion_tokens_details) ? counts.completion_tokens_details : {};
  return {
    input: tokenCount(counts.prompt_tokens),
    output: tokenCount(counts.completion_tokens),
    cached: tokenCount(input.cached_tokens),
    reasoning: tokenCount(output.reasoning_tokens),
  };
}

function firstObject(list: Json | undefined): JsonObject | undefined {
  const first: Json | undefined = Array.isArray(list) ? (list[0] as Json) : undefined;
  return isObject(first) ? first : undefined;
}
