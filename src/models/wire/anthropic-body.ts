import { DEFAULTS } from '../../core/defaults.js';
import { isObject, type JsonObject, type JsonSchema } from '../../core/json.js';
import { answerTool, sampling, withExtraBody } from './chat-body.js';
import { withSchemaInPrompt } from '../structured/prompt.js';
import { anthropicStrict, toStrictSchema, withoutDialect } from '../structured/strict-schema.js';
import { asObjectSchema } from '../structured/wrapped-schema.js';
import type { ChatMessage, ChatRequest, MediaPart, Technique } from '../types.js';

/**
 * The body of a POST to `/v1/messages`. `extra_body` may replace anything in it.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export function anthropicBody(request: ChatRequest, technique: Technique): JsonObject {
  const { model, schema } = request;
  const messages =
    schema && technique === 'prompt' ? withSchemaInPrompt(request.messages, schema) : request.messages;
  const system = messages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => content)
    .join('\n\n');
  const body = withExtraBody(
    {
      model: model.model,
      ...(system === '' ? {} : { system }),
      messages: inTurns(messages.filter(({ role }) => role !== 'system')),
      ...sampling(model),
      ...(schema ? structure(schema, technique) : {}),
      ...(model.parameters.stream ? { stream: true } : {}),
    },
    model,
  );
  return { max_tokens: DEFAULTS.max_tokens + thinkingBudget(body), ...body };
}

/** Messages of the same role that follow each other become one: roles have to alternate. */
function inTurns(messages: readonly ChatMessage[]): JsonObject[] {
  const turns: { role: string; content: string; media: readonly MediaPart[] }[] = [];
  for (const { role, content, media = [] } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) {
      last.content += `\n\n${content}`;
      last.media = [...last.media, ...media];
    } else turns.push({ role, content, media });
  }
  return turns.map(({ role, content, media }) => ({
    role,
    content: media.length === 0 ? content : [...media.map(imageBlock), { type: 'text', text: content }],
  }));
}

/** Other media are refused when the recipe is read. */
function imageBlock(part: MediaPart): JsonObject {
  const source =
    'url' in part
      ? { type: 'url', url: part.url }
      : { type: 'base64', media_type: part.mime, data: part.base64 };
  return { type: 'image', source };
}

function structure(schema: JsonSchema, technique: Technique): JsonObject {
  switch (technique) {
    case 'json_schema': {
      const { schema: strict } = toStrictSchema(asObjectSchema(schema), anthropicStrict);
      return { output_config: { format: { type: 'json_schema', schema: strict } } };
    }
    case 'tool':
      return {
        tools: [{ ...answerTool, input_schema: withoutDialect(asObjectSchema(schema)) }],
        tool_choice: { type: 'tool', name: answerTool.name },
      };
    case 'guided_json':
    case 'json_object':
    case 'prompt':
      return {};
  }
}

/** Tokens that the model may think, which `max_tokens` has to exceed. */
export function thinkingBudget({ thinking }: JsonObject): number {
  const budget = isObject(thinking) ? thinking['budget_tokens'] : undefined;
  return typeof budget === 'number' ? budget : 0;
}
