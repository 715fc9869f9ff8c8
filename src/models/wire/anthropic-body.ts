import { DEFAULTS } from '../../core/defaults.js';
import { isObject, shallowJsonIn, type JsonObject, type JsonSchema } from '../../core/json.js';
import { answerTool, sampling, textBlocks, withExtraBody } from './chat-body.js';
import { withSchemaInPrompt } from '../structured/prompt.js';
import { anthropicStrict, toStrictSchema, withoutDialect } from '../structured/strict-schema.js';
import { asObjectSchema } from '../structured/wrapped-schema.js';
import type { ChatMessage, ChatRequest, MediaPart, Technique, ToolDefinition } from '../types.js';

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
      ...(request.tools && request.tools.length > 0 ? { tools: request.tools.map(toolOf) } : {}),
      ...(model.parameters.stream ? { stream: true } : {}),
    },
    model,
  );
  return { max_tokens: DEFAULTS.max_tokens + thinkingBudget(body), ...body };
}

/** Messages of the same role that follow each other become one: roles have to alternate. */
function inTurns(messages: readonly ChatMessage[]): JsonObject[] {
  const turns: {
    role: string;
    content: string;
    media: readonly MediaPart[];
    blocks: readonly JsonObject[];
  }[] = [];
  for (const message of messages) {
    const { content, media = [] } = message;
    const role = message.role === 'tool' ? 'user' : message.role;
    const blocks = toolBlocks(message);
    const last = turns.at(-1);
    if (blocks.length === 0 && last?.role === role && last.blocks.length === 0) {
      last.content += `\n\n${content}`;
      last.media = [...last.media, ...media];
    } else if (last?.role === role) {
      last.blocks = [
        ...blocksOf(last),
        ...(blocks.length > 0 ? blocks : blocksOf({ content, media, blocks })),
      ];
    } else turns.push({ role, content, media, blocks });
  }
  return turns.map(({ role, content, media, blocks }) => ({
    role,
    content: media.length === 0 && blocks.length === 0 ? content : blocksOf({ content, media, blocks }),
  }));
}

const blocksOf = ({
  content,
  media,
  blocks,
}: {
  readonly content: string;
  readonly media: readonly MediaPart[];
  readonly blocks: readonly JsonObject[];
}): readonly JsonObject[] =>
  blocks.length > 0 ? blocks : [...media.map(imageBlock), ...textBlocks(content)];

/**
 * Calls of tools and their results; empty for other messages.
 *
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
 */
function toolBlocks(message: ChatMessage): readonly JsonObject[] {
  const { role, content, media = [], toolCalls = [], toolCallId, isError, thoughts = [] } = message;
  const text = textBlocks(content);
  if (role === 'tool') {
    const result = { type: 'tool_result', tool_use_id: toolCallId ?? '', ...(isError && { is_error: true }) };
    return [{ ...result, content: [...text, ...media.map(imageBlock)] }];
  }
  const uses = toolCalls.map(({ id, name, arguments: given }) => {
    const input = shallowJsonIn(given);
    return { type: 'tool_use', id, name, input: isObject(input) ? input : {} };
  });
  return uses.length === 0 ? [] : [...thoughts, ...text, ...uses];
}

const toolOf = ({ name, description, parameters }: ToolDefinition): JsonObject => ({
  name,
  ...(description === undefined ? {} : { description }),
  input_schema: parameters,
});

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
