import { isObject, shallowJsonIn, type Json, type JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { httpUrl } from '../providers/endpoint-url.js';
import { finishOf } from '../finish-reason.js';
import { sendableKey } from '../providers/providers.js';
import type {
  Answer,
  CallError,
  ChatTransport,
  Endpoint,
  Model,
  Protocol,
  Route,
  Task,
  ToolCall,
  Usage,
} from '../types.js';
import { messageOfEvents } from './anthropic-stream.js';
import { anthropicBody } from './anthropic-body.js';
import type { AnthropicClient } from './anthropic-client.js';
import { errorOfAnthropic, noMessage } from './anthropic-errors.js';
import { endedEarly, notAUrl } from './call-errors.js';
import { kindOfBody, tokenCount } from './error-body.js';
import { createFetch, type WireResponse } from './http-fetch.js';
import { makeCall, unsendableHeader } from './sdk-call.js';

/**
 * Messages of Anthropic, or of a server that speaks its protocol, through the `@anthropic-ai/sdk`. Retries,
 * timeouts and queues are this project's own. Keys are read from `env` for each call.
 */
export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  media: ['image'],
  open: createAnthropicTransport,
};

function createAnthropicTransport(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
  route: Route,
): ChatTransport {
  const unsendable = unsendableHeader(endpoint);
  // Opened late: a run that is answered by the store never pays for loading the SDK.
  let opening: Promise<AnthropicClient> | undefined;
  return {
    async send(request, technique, stop) {
      const { model } = request;
      if (request.task) return err(noSuchTask(endpoint, request.task));
      if (!httpUrl(endpoint.url)) return err(notAUrl(endpoint));
      const key = sendableKey(endpoint, env);
      if (!key.ok) return key;
      if (unsendable) return err(unsendable);
      opening ??= openClient(endpoint, route);
      const client = await opening;
      const headers = anthropicHeaders(endpoint, key.value);
      const body = anthropicBody(request, technique);
      return makeCall({
        model,
        route,
        env,
        stop,
        // Not `messages.create`, which prints warnings and refuses whatever may take ten minutes.
        send: (timeout) => client.post('/v1/messages', { body, headers, signal: stop, timeout }).asResponse(),
        readAnswer: (answer, of) => readAnthropicAnswer(answer, of, request.tools !== undefined),
        readError: errorOfAnthropic,
      });
    },
  };
}

/** The headers of a call that are not the SDK's own. */
export const anthropicHeaders = (
  { definition, headers }: Endpoint,
  key: string | undefined,
): Readonly<Record<string, string | null>> => ({
  'user-agent': 'dd-recipes',
  'x-api-key': null,
  ...(key === undefined ? {} : definition.keyHeader(key)),
  ...headers,
});

/** The recipe is refused for it: only plugins come here. */
const noSuchTask = ({ provider }: Endpoint, task: Task): CallError => ({
  class: 'invalid-request',
  message: `${provider} has no ${task === 'image' ? 'images' : 'embeddings'}`,
});

async function openClient(endpoint: Endpoint, route: Route): Promise<AnthropicClient> {
  const [{ AnthropicClient: Client }, dispatcher] = await Promise.all([
    import('./anthropic-client.js'),
    route.open(),
  ]);
  return new Client(endpoint.url, createFetch(dispatcher));
}

/** Reads the body of a 200: the input of the answering tool is the answer's text, thinking its reasoning. */
export function readAnthropicAnswer(body: string, model: Model, hasTools = false): Result<Answer, CallError> {
  const message = shallowJsonIn(body) ?? messageOfEvents(body);
  if (!isObject(message)) return err(noMessage(model, kindOfBody(body, message), body));
  if (isObject(message['error'])) return err(errorOfAnthropic(asError(JSON.stringify(message)), model));
  const { content, stop_reason, usage } = message;
  const reason = finishReason(stop_reason);
  if (finishOf(reason) === 'failed') return err(endedEarly(model, reason));
  if (!Array.isArray(content)) return err(noMessage(model, 'no content', body));

  const blocks = content.filter((block: Json) => isObject(block)) as readonly JsonObject[];
  const uses = blocks.filter(({ type }) => type === 'tool_use');
  const input = hasTools ? undefined : uses[0]?.['input'];
  const isCall = hasTools && uses.length > 0;
  // Newer models keep what they thought to themselves: their blocks are empty.
  const reasoning = texts(blocks, 'thinking').filter(Boolean).join('\n\n');
  return ok({
    text: input === undefined ? texts(blocks, 'text').join('') : inputText(input),
    finishReason: reason,
    usage: usageOf(usage),
    ...(isCall && { toolCalls: uses.map(callOf), thoughts: blocks.filter(isThought) }),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(typeof message['model'] === 'string' ? { model: message['model'] } : {}),
  });
}

const callOf = ({ id, name, input }: JsonObject, index: number): ToolCall => ({
  id: typeof id === 'string' ? id : `call_${index}`,
  name: String(name),
  arguments: inputText(input ?? {}),
});

/** Its signature is checked when it comes back with the results of tools. */
const isThought = ({ type }: JsonObject): boolean => type === 'thinking' || type === 'redacted_thinking';

/** A stream may end in an input that is no JSON. */
const inputText = (input: Json): string => (typeof input === 'string' ? input : JSON.stringify(input));

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
