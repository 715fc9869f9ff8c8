import type { Json, JsonObject, JsonSchema } from '../core/json.js';
import type { Reply, SpokenMessage, StructuredOutput, TextForm } from '../models/types.js';
import type { Problem } from '../core/problem.js';
import {
  mediaContextProperty,
  mediaSummary,
  prepareMedia,
  withMedia,
  type MediaContext,
} from './media-context.js';
import { emptyPrompt, preparePrompt, renderFailure } from './prompt.js';
import type { PreparedColumn } from './types.js';
import type { ColumnConfig } from '../core/config.js';
import type { Modality } from '../core/media-type.js';

/** The keys of every model column, as in Data Designer. */
export interface LlmConfig extends ColumnConfig {
  /** One alias, or several in order of fallback. */
  readonly model_alias: string | readonly string[];
  readonly prompt: string;
  readonly system_prompt?: string | null;
  readonly multi_modal_context?: readonly MediaContext[];
  /** One of `tool_configs`. */
  readonly tool_alias?: string;
  readonly with_trace?: 'none' | 'last_message' | 'all_messages';
  readonly with_tools?: boolean;
  readonly extract_reasoning_content?: boolean;
}

/** `model_alias` of every column that asks a model. */
export const aliasesProperty = {
  description:
    'Alias of a model in `model_configs`, or a list of aliases. If one model fails, the next is asked.',
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', minLength: 1 } },
  ],
} as const satisfies JsonObject;

export const llmProperties = {
  model_alias: aliasesProperty,
  prompt: {
    type: 'string',
    description:
      'Jinja template of the user message. Other columns are read by name: `{{ trace_digest.user_goal }}`. It may be empty beside `multi_modal_context`.',
  },
  system_prompt: { type: ['string', 'null'], description: 'Jinja template of the system message.' },
  multi_modal_context: mediaContextProperty,
  tool_alias: {
    type: 'string',
    minLength: 1,
    description: 'Alias of tools in `tool_configs`, which the model may call before it answers.',
  },
  with_trace: {
    enum: ['none', 'last_message', 'all_messages'],
    default: 'none',
    description: 'Adds a column `{name}__trace` with the last message, or with the whole conversation.',
  },
  with_tools: {
    type: 'boolean',
    default: false,
    description: 'Adds a column `{name}__tools` with the definitions of the tools that the model could call.',
  },
  extract_reasoning_content: {
    type: 'boolean',
    default: false,
    description: "Adds a column `{name}__reasoning_content` with the model's reasoning, if there is any.",
  },
} as const satisfies JsonObject;

/** The differences between the types of model columns. */
interface LlmKind {
  /** Schema of the cell. */
  readonly schema: JsonSchema;
  /** Text that follows the user's prompt. */
  readonly append?: string;
  /** The structured output to ask for; plain text when absent. */
  readonly output?: StructuredOutput;
  /** The form of a text answer. */
  readonly form?: TextForm;
}

/** The part that all model columns share: render the prompt, call the model, return the answer and side columns. */
export function prepareLlmColumn(
  config: LlmConfig,
  kind: LlmKind,
  report: (problem: Problem) => void,
): PreparedColumn {
  const contexts = config.multi_modal_context ?? [];
  if (config.prompt === '' && contexts.length === 0)
    report({
      code: 'invalid-value',
      message: `\`prompt\` of column \`${config.name}\` must not be empty`,
      at: ['prompt'],
    });
  const prompt = preparePrompt(config, report, kind.append);
  const media = prepareMedia(contexts);
  const sides = sideColumns(config, media.modalities);
  const modelAliases = [config.model_alias].flat();
  const [alias = '', ...fallbacks] = modelAliases;
  if (config.with_tools && config.tool_alias === undefined)
    report({
      code: 'missing-key',
      message: '`with_tools` needs the key `tool_alias`: without it the model can call no tool',
      at: ['with_tools'],
    });
  return {
    name: config.name,
    references: [...prompt.references, ...media.references],
    modelAliases,
    modalities: media.modalities,
    makes: [config.name, ...sides.map((side) => side.name)],
    types: () => [kind.schema, ...sides.map((side) => side.schema)],
    ...(prompt.usesRandom && { isRandom: true }),
    async generate(row, { models, media: files, rowId, row: priority, random }) {
      const render = (fitScale: number): ReturnType<typeof prompt.render> =>
        prompt.render(row, { fitScale, random: prompt.usesRandom ? random() : undefined });
      const messages = render(1);
      if (!messages.ok) return { state: 'failed', failure: messages.error };
      const parts = await media.read(row, files);
      if (!parts.ok) return { state: 'failed', failure: renderFailure(parts.error) };
      if (parts.value.length === 0 && messages.value.at(-1)?.content.trim() === '')
        return { state: 'failed', failure: emptyPrompt };
      const reply = await models.ask({
        alias,
        fallbacks,
        column: config.name,
        messages: withMedia(messages.value, parts.value),
        ...(config.tool_alias !== undefined && { toolAlias: config.tool_alias }),
        rowId,
        random,
        priority,
        ...(prompt.usesFit && {
          shrink(scale: number) {
            const shorter = render(scale);
            return shorter.ok ? withMedia(shorter.value, parts.value) : undefined;
          },
        }),
        ...(kind.output && { output: kind.output }),
        ...(kind.form && { form: kind.form }),
      });
      if (!reply.ok) return { state: 'failed', failure: reply.error };
      const beside = sides.map((side) => [side.name, side.read(reply.value)] as const);
      return { state: 'done', cells: Object.fromEntries([[config.name, reply.value.value], ...beside]) };
    },
  };
}

interface SideColumn {
  readonly name: string;
  readonly schema: JsonSchema;
  read(reply: Reply): Json;
}

const closed = (properties: JsonObject): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/**
 * Messages as in Data Designer, and as in the sessions of agents: contents are blocks. Calls of tools are in the messages
 * where a column has tools.
 */
const traceSchema = (modalities: readonly Modality[], hasTools: boolean): JsonSchema => ({
  type: 'array',
  items: closed({
    role: { type: 'string' },
    content: {
      type: 'array',
      items: closed({
        type:
          modalities.length === 0 && !hasTools
            ? { type: 'string', const: 'text' }
            : { type: 'string', enum: [...new Set([...modalities, ...(hasTools ? ['image'] : [])]), 'text'] },
        text: { type: 'string' },
      }),
    },
    reasoning_content: { type: ['string', 'null'] },
    ...(hasTools && {
      tool_calls: {
        type: ['array', 'null'],
        items: closed({
          id: { type: 'string' },
          type: { type: 'string', const: 'function' },
          function: closed({ name: { type: 'string' }, arguments: { type: 'string' } }),
        }),
      },
      tool_call_id: { type: ['string', 'null'] },
    }),
  }),
});

/** The data of images and the like is left out: their hash says which they are. */
const inTrace = ({ role, content, reasoning, media = [] }: SpokenMessage): JsonObject => ({
  role,
  content: [
    ...media.map((part) => ({ type: part.modality, text: `[${mediaSummary(part)}]` })),
    { type: 'text', text: content },
  ],
  reasoning_content: thoughtsOf(reasoning),
});

const inToolTrace = (message: SpokenMessage): JsonObject => ({
  ...inTrace(message),
  tool_calls:
    message.toolCalls?.map(({ id, name, arguments: given }) => ({
      id,
      type: 'function',
      function: { name, arguments: given },
    })) ?? null,
  tool_call_id: message.toolCallId ?? null,
});

const thoughtsOf = (reasoning: string | undefined): string | null => reasoning?.trim() || null;

function sideColumns(config: LlmConfig, modalities: readonly Modality[]): readonly SideColumn[] {
  const sides: SideColumn[] = [];
  if (config.with_trace && config.with_trace !== 'none') {
    const last = config.with_trace === 'last_message';
    const hasTools = config.tool_alias !== undefined;
    sides.push({
      name: `${config.name}__trace`,
      schema: traceSchema(modalities, hasTools),
      read: ({ conversation }) =>
        (last ? conversation.slice(-1) : conversation).map(hasTools ? inToolTrace : inTrace),
    });
  }
  if (config.with_tools) {
    sides.push({
      name: `${config.name}__tools`,
      // Their parameters are JSON Schemas: no two tools have the same keys.
      schema: { type: 'array', items: { type: 'object' } },
      read: ({ tools = [] }) => tools.map((tool) => ({ type: 'function', function: { ...tool } })),
    });
  }
  if (config.extract_reasoning_content) {
    sides.push({
      name: `${config.name}__reasoning_content`,
      schema: { type: ['string', 'null'] },
      read: ({ reasoning }) => thoughtsOf(reasoning),
    });
  }
  return sides;
}
