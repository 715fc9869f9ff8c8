import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
  ChatCompletionNamedToolChoice,
} from 'openai/resources/chat/completions';
import type { ResponseFormatJSONSchema } from 'openai/resources/shared';
import { isObject, type Json, type JsonObject, type JsonSchema } from '../../core/json.js';
import { withSchemaInPrompt } from '../structured/prompt.js';
import { grammarStrict, toStrictSchema, withoutDialect } from '../structured/strict-schema.js';
import { asObjectSchema } from '../structured/wrapped-schema.js';
import { isLoopback } from '../providers/endpoint-url.js';
import type {
  ChatMessage,
  ChatRequest,
  Endpoint,
  MediaPart,
  Model,
  Technique,
  ToolDefinition,
} from '../types.js';

type ChatBody = JsonObject & ChatCompletionCreateParamsNonStreaming;

/** The body of a POST to `/chat/completions`, in the `openai` package's types. `extra_body` may replace anything in it. */
export function chatBody(request: ChatRequest, technique: Technique): ChatBody {
  const { model, schema } = request;
  const messages =
    schema && (technique === 'prompt' || technique === 'json_object')
      ? withSchemaInPrompt(request.messages, schema)
      : request.messages;
  return withExtraBody(
    {
      model: model.model,
      messages: withToolMedia(messages).map(
        (message) => ({ ...chatMessage(message) }) as ChatCompletionMessageParam & JsonObject,
      ),
      ...sampling(model),
      ...(request.tools && request.tools.length > 0 ? { tools: request.tools.map(functionTool) } : {}),
      ...(schema ? structure(schema, technique, model) : {}),
      ...(model.parameters.stream ? { stream: true } : {}),
      // The last event then has the usage.
      ...(model.parameters.stream && !request.leavesOutUsage
        ? { stream_options: { include_usage: true } }
        : {}),
    },
    model,
  ) as ChatBody;
}

function chatMessage(message: ChatMessage): JsonObject {
  const { role, toolCalls, toolCallId } = message;
  if (role === 'tool') return { role, content: message.content, tool_call_id: toolCallId ?? '' };
  return {
    role,
    content: contentOf(message),
    ...(toolCalls && {
      tool_calls: toolCalls.map(({ id, name, arguments: given, extra }) => ({
        ...extra,
        id,
        type: 'function',
        function: { name, arguments: given },
      })),
    }),
  };
}

const functionTool = ({
  name,
  description,
  parameters,
}: ToolDefinition): ChatCompletionFunctionTool & JsonObject => ({
  type: 'function',
  function: { name, ...(description === undefined ? {} : { description }), parameters },
});

/** Results of tools are words in this protocol: their images follow as a message of the user. */
function withToolMedia(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.flatMap((message, index): readonly ChatMessage[] => {
    if (message.role !== 'tool' || messages[index + 1]?.role === 'tool') return [message];
    const begin = messages.findLastIndex(({ role }, at) => role !== 'tool' && at < index) + 1;
    const media = messages.slice(begin, index + 1).flatMap((result) => result.media ?? []);
    if (media.length === 0) return [message];
    return [message, { role: 'user', content: 'These are the images that the tools returned.', media }];
  });
}

/**
 * Words alone are a text. `audio_url` and `video_url` are of vLLM and NVIDIA; sounds as data are `input_audio`
 * (https://platform.openai.com/docs/guides/audio), and films have no form of their own: their data is an address.
 */
function contentOf({ content, media }: ChatMessage): Json {
  if (!media || media.length === 0) return content;
  return [...media.map(partOf), ...textBlocks(content)];
}

/** Servers refuse a block of an empty text; images alone are a message. */
export const textBlocks = (text: string): readonly JsonObject[] =>
  text.trim() === '' ? [] : [{ type: 'text', text }];

function partOf(part: MediaPart): JsonObject {
  if (!('url' in part) && part.modality === 'audio')
    return { type: 'input_audio', input_audio: { data: part.base64, format: AUDIO[part.mime] ?? 'wav' } };
  const url = 'url' in part ? part.url : `data:${part.mime};base64,${part.base64}`;
  const type = `${part.modality}_url`;
  return { type, [type]: { url } };
}

const AUDIO: Readonly<Record<string, string>> = { 'audio/mpeg': 'mp3', 'audio/wav': 'wav' };

/** Keys that the author adds to the body: the model's win over the provider's. */
export function extraBody(model: Model): JsonObject {
  return { ...model.endpoint.extraBody, ...model.parameters.extra_body };
}

/** Objects of a body in which the schema is beside further settings. */
const sharedKeys: ReadonlySet<string> = new Set(['nvext', 'output_config', 'structured_outputs']);

/** A body with what the author adds to it. Whether it is a stream is for `stream` of the model to say. */
export function withExtraBody(body: JsonObject, model: Model): JsonObject {
  const { stream: _saidElsewhere, ...extra } = extraBody(model);
  if (Object.keys(extra).length === 0) return body;
  const entries = Object.entries(extra).map(([key, value]): readonly [string, Json] => {
    const own = body[key];
    return [key, sharedKeys.has(key) && isObject(own) && isObject(value) ? { ...value, ...own } : value];
  });
  return { ...body, ...Object.fromEntries(entries) };
}

/** The sampling parameters that were given; a server's own defaults hold for the others. */
export function sampling({ parameters }: Model): JsonObject {
  const { temperature, top_p, max_tokens } = parameters;
  const given: { [Name in 'temperature' | 'top_p' | 'max_tokens']?: number } = {};
  if (temperature !== undefined) given.temperature = temperature;
  if (top_p !== undefined) given.top_p = top_p;
  if (max_tokens !== undefined) given.max_tokens = max_tokens;
  return given as JsonObject;
}

/** https://platform.openai.com/docs/guides/structured-outputs and, for tools, /docs/guides/function-calling */
function structure(schema: JsonSchema, technique: Technique, { endpoint }: Model): JsonObject {
  const dialect = sendsLengths(endpoint) ? grammarStrict : undefined;
  switch (technique) {
    case 'json_schema': {
      const adapted = toStrictSchema(asObjectSchema(schema), dialect);
      const response_format = {
        type: 'json_schema',
        json_schema: { name: 'answer', ...adapted },
      } satisfies ResponseFormatJSONSchema;
      return { response_format };
    }
    case 'tool': {
      const { schema: parameters, strict } = toStrictSchema(asObjectSchema(schema), dialect);
      const tool = {
        type: 'function',
        function: { ...answerTool, parameters, strict },
      } satisfies ChatCompletionFunctionTool;
      const tool_choice = {
        type: 'function',
        function: { name: answerTool.name },
      } satisfies ChatCompletionNamedToolChoice;
      return { tools: [tool], tool_choice };
    }
    case 'json_object':
      // The form of llama.cpp and its server in Python; others leave the schema unread, which the prompt has as well.
      return { response_format: { type: 'json_object', schema: withoutDialect(asObjectSchema(schema)) } };
    case 'guided_json':
      return endpoint.definition.guidedJson?.(withoutDialect(schema)) ?? {};
    case 'prompt':
      return {};
  }
}

/** Whether the lengths of strings are sent with `json_schema` and `tool`. */
export function sendsLengths({ definition, url }: Endpoint): boolean {
  return definition.sendsLengths ?? isLoopback(url);
}

/** The only tool that a model may and must call, where a tool gives the answer its shape. */
export const answerTool = { name: 'answer', description: 'Gives the answer.' };
