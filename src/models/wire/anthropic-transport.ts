import { isNativeError } from 'node:util/types';
import type { Anthropic, APIError } from '@anthropic-ai/sdk';
import { err, type Result, ok } from '../../core/result.js';
import { anthropicBody } from './anthropic-body.js';
import { errorOfAnthropic, noMessage } from './anthropic-errors.js';
import { notAUrl } from './call-errors.js';
import { errorOfConnection } from './connection-errors.js';
import { longestTimerMs, withDeadline } from './deadline.js';
import { withoutKeys } from './hide-keys.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { providerTypes } from '../providers/provider-types.js';
import { sendableKey } from '../providers/providers.js';
import type {
  Answer,
  CallError,
  ChatRequest,
  ChatTransport,
  Endpoint,
  Model,
  Technique,
  Usage,
} from '../types.js';
import { longestResponse, type WireResponse } from './wire.js';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { kindOfBody, tokenCount } from './error-body.js';

/**
 * Messages of Anthropic, or of a server that speaks its protocol, through the `@anthropic-ai/sdk`, of which only
 * the wire is used: retries, timeouts and queues are this project's own. Keys are read from `env` for each call.
 */
export function createAnthropicTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): ChatTransport {
  // Loaded late: a run that is answered by the store never pays for it.
  let client: Promise<Anthropic> | undefined;
  return {
    async send(request, technique, signal) {
      const { model } = request;
      if (!httpUrl(endpoint.url)) return err(notAUrl(endpoint));
      const key = sendableKey(endpoint, env);
      if (!key.ok) return key;
      client ??= createClient(endpoint);
      const anthropic = await client;
      return withDeadline(
        model,
        signal,
        async (cut) => {
          const response = await post(anthropic, request, technique, key.value, cut);
          const read = readResponse(response, model);
          return read.ok ? read : readResponse(withoutKeys(response, endpoint, env), model);
        },
        (thrown) => errorOfConnection(thrown, model),
      );
    },
  };
}

function readResponse(response: WireResponse, model: Model): Result<Answer, CallError> {
  const isAnswer = response.status >= 200 && response.status < 300;
  return isAnswer ? readAnthropicAnswer(response.body, model) : err(errorOfAnthropic(response, model));
}

/** The response, whatever its status. Throws when there is none. */
async function post(
  client: Anthropic,
  request: ChatRequest,
  technique: Technique,
  key: string | undefined,
  signal: AbortSignal,
): Promise<WireResponse> {
  const { type, headers } = request.model.endpoint;
  try {
    // Not `messages.create`, which prints warnings and refuses whatever may take ten minutes.
    const response = await client
      .post('/v1/messages', {
        body: anthropicBody(request, technique),
        headers: {
          'x-api-key': null,
          ...(key === undefined ? {} : providerTypes[type].keyHeader(key)),
          ...headers,
        },
        signal,
        timeout: longestTimerMs,
      })
      .asResponse();
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (thrown) {
    if (!hasResponse(thrown)) throw thrown;
    return responseOf(thrown);
  }
}

type StatusError = APIError<number, Headers, object | undefined>;

function hasResponse(thrown: unknown): thrown is StatusError {
  return isNativeError(thrown) && 'status' in thrown && typeof thrown.status === 'number';
}

/** The SDK parses the body of an error; one that is no JSON it puts into its message, behind the status. */
function responseOf({ status, headers, error, message }: StatusError): WireResponse {
  const text = message.slice(`${status} `.length);
  const body = error === undefined ? text.replace(/^status code \(no body\)$/, '') : JSON.stringify(error);
  return { status, headers, body };
}

async function createClient(endpoint: Endpoint): Promise<Anthropic> {
  const [{ Anthropic }, { Agent }] = await Promise.all([import('@anthropic-ai/sdk'), import('undici')]);
  // Long answers take longer than undici's own 300 s; how many sockets are open is up to the gates.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, maxResponseSize: longestResponse });
  return new Anthropic({
    baseURL: endpoint.url,
    maxRetries: 0,
    // The types of the built-in fetch and of the undici package differ in name only. What is sent with a key
    // follows no redirect.
    fetchOptions: { dispatcher, redirect: 'manual' } as object,
    // What the SDK would otherwise take from the environment: keys of another account, and a log.
    apiKey: null,
    authToken: null,
    logLevel: 'off',
  });
}

/** Reads the body of a 200: the input of the answering tool is the answer's text, thinking its reasoning. */
export function readAnthropicAnswer(body: string, model: Model): Result<Answer, CallError> {
  const message = jsonIn(body);
  if (!isObject(message)) return err(noMessage(model, kindOfBody(body, message)));
  if (isObject(message['error'])) return err(errorOfAnthropic(asError(body), model));
  const { content, stop_reason, usage } = message;
  if (!Array.isArray(content)) return err(noMessage(model, 'no content'));

  const blocks = content.filter((block: Json) => isObject(block)) as readonly JsonObject[];
  const input = blocks.find(({ type }) => type === 'tool_use')?.['input'];
  // Newer models keep what they thought to themselves: their blocks are empty.
  const reasoning = texts(blocks, 'thinking').filter(Boolean).join('\n\n');
  return ok({
    text: input === undefined ? texts(blocks, 'text').join('') : JSON.stringify(input),
    finishReason: finishReason(stop_reason),
    usage: usageOf(usage),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(typeof message['model'] === 'string' ? { model: message['model'] } : {}),
  });
}

/** What blocks of a type say; a block holds it under the name of its type. */
function texts(blocks: readonly JsonObject[], type: 'text' | 'thinking'): readonly string[] {
  return blocks.filter((block) => block['type'] === type).map((block) => String(block[type] ?? ''));
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons, in OpenAI's words. */
const finishReasons: ReadonlyMap<Json | undefined, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
]);

function finishReason(stopReason: Json | undefined): string {
  return finishReasons.get(stopReason) ?? String(stopReason ?? 'stop');
}

/** Anthropic counts what it reads from its cache, and what it puts there, beside the other input. */
function usageOf(usage: Json | undefined): Usage {
  const counts = isObject(usage) ? usage : {};
  const input = tokenCount(counts['input_tokens']);
  const created = tokenCount(counts['cache_creation_input_tokens']) ?? 0;
  const cached = tokenCount(counts['cache_read_input_tokens']);
  const details = counts['output_tokens_details'];
  return {
    input: input === undefined ? undefined : input + created + (cached ?? 0),
    output: tokenCount(counts['output_tokens']),
    cached,
    reasoning: isObject(details) ? tokenCount(details['thinking_tokens']) : undefined,
  };
}

/** A gateway may answer 200 when what is behind it failed. */
function asError(body: string): WireResponse {
  return { status: 502, headers: { get: () => null }, body };
}
