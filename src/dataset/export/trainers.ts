import { isObject, type Json, type JsonObject } from '../../core/json.js';

/** How trainers load what a format writes. A trainer that would not load it as it is meant is left out. */
export interface Trainers {
  /** The trainer class of TRL, without `Trainer`. */
  readonly trl?: 'SFT' | 'DPO' | 'KTO';
  /** The entry in LLaMA-Factory's `dataset_info.json`, without the name of the file. */
  llamaFactory?(seen: Seen): JsonObject | undefined;
  /** Axolotl's entry in `datasets`, without the file; with the keys beside it. */
  axolotl?(seen: Seen): { readonly dataset: JsonObject; readonly beside?: JsonObject } | undefined;
}

/** What the written lines have. */
export interface Seen {
  readonly keys: ReadonlySet<string>;
  /** Some message calls a tool. */
  readonly callsTools: boolean;
}

/** Notes what lines have. */
export function createSeen(): { add(line: JsonObject): void; value(): Seen } {
  const keys = new Set<string>();
  let callsTools = false;
  const isCall = (message: Json): boolean =>
    isObject(message) && (message['tool_calls'] !== undefined || message['from'] === 'function_call');
  return {
    add(line) {
      for (const [key, value] of Object.entries(line)) {
        keys.add(key);
        callsTools ||= Array.isArray(value) && (value as readonly Json[]).some(isCall);
      }
    },
    value: () => ({ keys, callsTools }),
  };
}

/**
 * LLaMA-Factory's columns: `ours` by the name that it has for them. It fails on a column that no line has.
 */
const columns = ({ keys }: Seen, wanted: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(wanted).filter(([, ours]) => keys.has(String(ours))));

const assistantOnly = { roles_to_train: ['assistant'], train_on_eos: 'turn' };

/**
 * For LLaMA-Factory, conversations with tools are only right as sharegpt: from OpenAI's shape it writes the arguments
 * of calls as JSON in JSON.
 */
export const chatTrainers: Trainers = {
  trl: 'SFT',
  llamaFactory: (seen) =>
    seen.callsTools || seen.keys.has('tools')
      ? undefined
      : {
          formatting: 'sharegpt',
          columns: { messages: 'messages' },
          tags: {
            role_tag: 'role',
            content_tag: 'content',
            user_tag: 'user',
            assistant_tag: 'assistant',
            system_tag: 'system',
          },
        },
  axolotl: ({ keys }) => ({
    dataset: {
      type: 'chat_template',
      field_messages: 'messages',
      ...(keys.has('tools') && { field_tools: 'tools' }),
      ...assistantOnly,
    },
  }),
};

export const shareGptTrainers: Trainers = {
  llamaFactory: (seen) => ({
    formatting: 'sharegpt',
    columns: columns(seen, { messages: 'conversations', system: 'system', tools: 'tools' }),
  }),
  // Axolotl has no role for the text of a call.
  axolotl: ({ callsTools }) =>
    callsTools
      ? undefined
      : {
          dataset: {
            type: 'chat_template',
            field_messages: 'conversations',
            message_property_mappings: { role: 'from', content: 'value' },
            roles: { user: ['human'], assistant: ['gpt'], system: ['system'] },
            ...assistantOnly,
          },
        },
};

export const alpacaTrainers: Trainers = {
  llamaFactory: (seen) => ({
    formatting: 'alpaca',
    columns: columns(seen, {
      prompt: 'instruction',
      query: 'input',
      response: 'output',
      system: 'system',
      history: 'history',
    }),
  }),
  // Axolotl reads neither the system's message nor the history.
  axolotl: ({ keys }) =>
    keys.has('system') || keys.has('history') ? undefined : { dataset: { type: 'alpaca' } },
};

export const pairTrainers: Trainers = {
  trl: 'DPO',
  // Axolotl takes role and content only.
  axolotl: ({ callsTools }) =>
    callsTools
      ? undefined
      : {
          dataset: {
            type: 'chat_template.default',
            field_messages: 'prompt',
            field_chosen: 'chosen',
            field_rejected: 'rejected',
          },
          beside: { rl: 'dpo' },
        },
};
