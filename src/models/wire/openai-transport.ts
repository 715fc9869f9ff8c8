import { DEFAULTS } from '../../core/defaults.js';
import { isObject, jsonIn, shallowJsonIn, type Json, type JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { finishOf, worseReason } from '../finish-reason.js';
import { sendableKey } from '../providers/providers.js';
import type {
  Answer,
  CallError,
  ChatTransport,
  Endpoint,
  Model,
  Protocol,
  Route,
  ToolCall,
  Usage,
} from '../types.js';
import { endedEarly, errorOfResponse, notAnAnswer, notAUrl } from './call-errors.js';
import { answerTool, chatBody } from './chat-body.js';
import { kindOfBody, tokenCount } from './error-body.js';
import { completionOfEvents } from './event-stream.js';
import { download } from './download.js';
import { createFetch } from './http-fetch.js';
import { reasoningOf, textOf } from './message-parts.js';
import type { OpenAIClient } from './openai-client.js';
import { makeCall, unsendableHeader, type SdkCall } from './sdk-call.js';
import { taskCall } from './task-body.js';

/**
 * Chat completions of an OpenAI-compatible server through the `openai` package. Retries and queues are not its
 * business. Keys are read from `env` for each call.
 */
export const openAiChat: Protocol = {
  name: 'openai-chat',
  tasks: ['embedding', 'image'],
  media: ['image', 'audio', 'video'],
  open: createOpenAiTransport,
};

function createOpenAiTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
  route: Route,
): ChatTransport {
  const url = httpUrl(endpoint.url);
  const unsendable = unsendableHeader(endpoint);
  // Opened late: a run that is answered by the store never pays for loading the SDK. Once for a key, not for each call.
  let opened: { readonly key: string | undefined; readonly client: Promise<OpenAIClient> } | undefined;
  return {
    async send(request, technique, stop) {
      const { model } = request;
      if (!url) return err(notAUrl(endpoint));
      const key = sendableKey(endpoint, env);
      if (!key.ok) return key;
      if (unsendable) return err(unsendable);
      if (!opened || opened.key !== key.value)
        opened = { key: key.value, client: openClient(url, headersOf(endpoint, key.value), route) };
      const client = await opened.client;
      const shared = { model, route, env, stop, readError: errorOfResponse };
      const { task } = request;
      if (task) {
        const { path, body, read } = taskCall({ ...request, task }, readChatAnswer);
        const answered = await makeCall({
          ...shared,
          send: (timeout) => client.post(path, { body, signal: stop, timeout }).asResponse(),
          readAnswer: read,
        });
        return answered.ok && task === 'image' ? withImages(answered.value, url, shared) : answered;
      }
      const body = chatBody(request, technique);
      return makeCall({
        ...shared,
        send: (timeout) => client.chat.completions.create(body, { signal: stop, timeout }).asResponse(),
        readAnswer: (answer, of) => readChatAnswer(answer, of, request.tools !== undefined),
      });
    },
  };
}

/**
 * The answer with the bytes of images that are addresses in it: addresses expire, and what is stored has to last. An
 * image that cannot be had fails the cell: asking the model again would pay for another one.
 */
async function withImages(
  answer: Answer,
  provider: URL,
  { model, env, stop }: Pick<SdkCall, 'model' | 'env' | 'stop'>,
): Promise<Result<Answer, CallError>> {
  const images = jsonIn(answer.text);
  if (!Array.isArray(images)) return ok(answer);
  const timeoutMs = (model.parameters.timeout ?? DEFAULTS.timeout) * 1000;
  const options = { providerUrl: provider.href, env, signal: stop, timeoutMs };
  const inlined: string[] = [];
  for (const image of images.map(String)) {
    if (!/^https?:/.test(image)) {
      inlined.push(image);
      continue;
    }
    const bytes = await download(image, options);
    if (!bytes.ok)
      return err({
        class: 'invalid-request',
        message: `the image of the answer is not read: ${bytes.error}`,
      });
    inlined.push(bytes.value.toString('base64'));
  }
  return ok({ ...answer, text: JSON.stringify(inlined) });
}

async function openClient(
  url: URL,
  headers: Readonly<Record<string, string>>,
  route: Route,
): Promise<OpenAIClient> {
  const [{ OpenAIClient: Client }, dispatcher] = await Promise.all([
    import('./openai-client.js'),
    route.open(),
  ]);
  return new Client(url, headers, createFetch(dispatcher));
}

/** All headers of a call: those of the provider go before the usual ones. */
export function headersOf(
  { definition, headers }: Endpoint,
  key: string | undefined,
): Readonly<Record<string, string>> {
  const lowerCased = (given: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'dd-recipes',
    ...(key === undefined ? {} : lowerCased(definition.keyHeader(key))),
    ...lowerCased(headers),
  };
}

/**
 * Reads the body of a 200, whatever its content type. Proxies answer 200 with HTML, gateways with an error
 * inside: neither is taken for an answer.
 */
export function readChatAnswer(body: string, model: Model, hasTools = false): Result<Answer, CallError> {
  const completion = shallowJsonIn(body) ?? completionOfEvents(body) ?? shallowJsonIn(withoutNaN(body));
  if (!isObject(completion)) return err(notAnAnswer(model, kindOfBody(body, completion), body));
  if (isObject(completion.error)) return err(errorInside(completion, completion.error, model));
  const choice = firstObject(completion.choices);
  if (!choice) return err(withoutChoices(completion, body, model));
  if (isObject(choice.error)) return err(errorInside(choice, choice.error, model));
  const reason = reasonOf(choice);
  const finish = finishOf(reason);
  if (finish === 'failed') return err(endedEarly(model, reason));
  // Gemini leaves the message out when thinking has used up all tokens, or when it withholds the answer.
  const isUnsaid = choice.message === undefined && typeof choice.finish_reason === 'string';
  const plain: JsonObject | undefined =
    typeof choice.text === 'string' ? { content: choice.text } : undefined;
  const message = isObject(choice.message) ? choice.message : (plain ?? (isUnsaid ? {} : undefined));
  if (!message) return err(notAnAnswer(model, 'a choice without a message', body));

  const refusal = refusalOf(message);
  const refused = refusal !== '' && textOf(message.content) === '';
  const reasoning = reasoningOf(message);
  const calls = hasTools ? toolCalls(message) : [];
  return ok({
    text: refused ? refusal : ((hasTools ? undefined : toolArguments(message)) ?? answerText(message)),
    ...(calls.length > 0 && { toolCalls: calls }),
    finishReason: refused ? 'content_filter' : reason,
    usage: usageOf(completion.usage),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(typeof completion.model === 'string' ? { model: completion.model } : {}),
  });
}

/** A 200 without choices: an error in another form, a prompt that a filter stopped, or no answer at all. */
function withoutChoices(completion: JsonObject, body: string, model: Model): CallError {
  const { choices, error, errors, message, success, prompt_filter_results } = completion;
  const says = error ?? errors ?? (success === false || choices === undefined ? message : undefined);
  if (says !== undefined && says !== null) return errorInside(completion, {}, model);
  const isFiltered = prompt_filter_results !== undefined && /"filtered":\s*true/.test(body);
  return isFiltered
    ? { class: 'content-filter', status: 200, message: `${model.endpoint.provider} withheld the answer` }
    : notAnAnswer(model, 'no choices', body);
}

/** A gateway may say `stop` where the vendor behind it said `MAX_TOKENS`. */
function reasonOf({ finish_reason, native_finish_reason }: JsonObject): string {
  const native = typeof native_finish_reason === 'string' ? native_finish_reason : undefined;
  return worseReason(String(finish_reason ?? 'stop'), native);
}

/** OpenRouter answers 200 when the model behind it failed, with the status as `error.code`. */
function errorInside(body: JsonObject, error: JsonObject, model: Model): CallError {
  const code = Number(error.code);
  const hasStatus = code >= 400 && code < 600;
  const inside = errorOfResponse(
    { status: hasStatus ? code : 502, headers: { get: () => null }, body: JSON.stringify(body) },
    model,
  );
  const isNoAnswer = !hasStatus && inside.class === 'overload' && !passingWords.test(inside.message);
  return isNoAnswer ? { ...inside, isNoAnswer } : inside;
}

/** Words of errors that pass. */
const passingWords =
  /overload|busy|capacity|time.?d? ?out|tempor|try again|retry|unavailable|later|rate|limit|internal|upstream|connection/i;

/** Servers in Python may write numbers that JSON does not have. */
function withoutNaN(body: string): string {
  if (!/NaN|Infinity/.test(body)) return body;
  return body.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : 'null',
  );
}

/** In `refusal`, or in a part of the content. */
function refusalOf({ refusal, content }: JsonObject): string {
  if (typeof refusal === 'string') return refusal;
  const parts: readonly Json[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) => (isObject(part) && typeof part.refusal === 'string' ? part.refusal : ''))
    .join('');
}

/** The content, or what the server has made of it where that is all there is. */
function answerText({ content, parsed }: JsonObject): string {
  const text = textOf(content);
  return text === '' && isObject(parsed) ? JSON.stringify(parsed) : text;
}

/**
 * Where the answering tool is called, what it is called with is the answer: the words beside it are not. A call without
 * arguments, or of a tool that nothing offered, is no answer where there are words.
 */
function toolArguments(message: JsonObject): string | undefined {
  const { tool_calls, function_call } = message;
  const calls: readonly Json[] = Array.isArray(tool_calls) ? tool_calls : [];
  const functions = [...calls.map((call) => isObject(call) && call.function), function_call].filter(isObject);
  const own = functions.find(({ name }) => (name || answerTool.name) === answerTool.name);
  const hasWords = textOf(message.content).trim() !== '';
  const given = (own ?? (hasWords ? undefined : functions[0]))?.arguments;
  if (typeof given === 'string') return given.trim() === '' ? undefined : given;
  return given === undefined || given === null ? undefined : JSON.stringify(given);
}

/** The calls of tools, each with an id of its own: some servers leave it out, or give the same one to all. */
function toolCalls({ tool_calls }: JsonObject): readonly ToolCall[] {
  const listed = (Array.isArray(tool_calls) ? (tool_calls as readonly Json[]) : []).filter(isObject);
  const seen = new Set<string>();
  return listed.flatMap(({ id, type: _type, index: _index, function: called, ...extra }, at) => {
    if (!isObject(called) || typeof called.name !== 'string' || called.name === '') return [];
    const own = typeof id === 'string' && id !== '' && !seen.has(id) ? id : `call_${at}`;
    seen.add(own);
    const given = called.arguments ?? '{}';
    return [
      {
        id: own,
        name: called.name,
        arguments: typeof given === 'string' ? given : JSON.stringify(given),
        ...(Object.keys(extra).length > 0 && { extra }),
      },
    ];
  });
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
