import type { Json, JsonObject } from '../../core/json.js';
import type { Example } from './example.js';
import { listOf, MESSAGES, objectOf, TEXT, TOOLS } from './line-types.js';
import { alpacaTrainers, chatTrainers, shareGptTrainers } from './trainers.js';
import { openAiChanges, openAiMessage, openAiTools } from './openai-names.js';
import { trainingFormat } from './training-format.js';

/**
 * Formats for supervised fine-tuning. Sources: OpenAI's fine-tuning guide, TRL's "Dataset formats", LLaMA-Factory's
 * `data/README.md`, Axolotl's "Conversation" and "Instruction tuned" pages.
 */

const conversation = ({ prompt, answers }: Example): readonly JsonObject[] => [
  ...prompt,
  answers.kind === 'one' ? answers.answer : answers.chosen,
];

const withTools = (line: JsonObject, { tools }: Example): JsonObject => (tools ? { ...line, tools } : line);

const asMessages = (example: Example): readonly JsonObject[] => [
  withTools({ messages: conversation(example) }, example),
];

export const messages = trainingFormat({
  name: 'messages',
  summary: 'Conversations for TRL, MLX-LM, Unsloth and Axolotl: `messages`, and `tools` if there are any.',
  columns: { messages: MESSAGES, tools: TOOLS },
  trainers: chatTrainers,
  lines: asMessages,
});

export const trajectories = trainingFormat({
  name: 'trajectories',
  summary:
    'As messages, with the arguments of tool calls as objects, as most chat templates of open models take them.',
  arguments: 'object',
  trainers: chatTrainers,
  lines: asMessages,
});

export const openAiChat = trainingFormat({
  name: 'openai-chat',
  summary: "OpenAI's fine-tuning format for chat models.",
  columns: { messages: MESSAGES, tools: TOOLS },
  lines: (example) => [
    withTools({ messages: conversation(example).map(openAiMessage) }, openAiTools(example)),
  ],
  changes: openAiChanges,
});

export const promptCompletion = trainingFormat({
  name: 'prompt-completion',
  summary: 'Prompt and completion for TRL, as conversations, so that the chat template separates them.',
  columns: { prompt: MESSAGES, completion: MESSAGES, tools: TOOLS },
  trainers: { trl: 'SFT' },
  lines: (example) => {
    const chat = conversation(example);
    return [withTools({ prompt: chat.slice(0, -1), completion: chat.slice(-1) }, example)];
  },
});

export const alpaca = trainingFormat({
  name: 'alpaca',
  summary: 'instruction, input, output (and system, history) for Axolotl and LLaMA-Factory. Without tools.',
  columns: { instruction: TEXT, input: TEXT, output: TEXT, system: TEXT, history: listOf(listOf(TEXT)) },
  trainers: alpacaTrainers,
  lines: (example) => {
    const chat = conversation(example);
    if (chat.some((message) => message['tool_calls'] !== undefined))
      return 'it calls tools, which alpaca has no place for';
    const [system, turns] = splitSystem(chat);
    const texts = turns.map(({ content }) => content ?? '');
    if (texts.length % 2 === 1) return 'the turns do not alternate';
    const history = texts
      .slice(0, -2)
      .flatMap((text, index) => (index % 2 ? [] : [[text, texts[index + 1] ?? '']]));
    const [instruction = '', output = ''] = texts.slice(-2);
    return [
      {
        instruction,
        input: '',
        output,
        ...(system !== undefined && { system }),
        ...(history.length > 0 && { history }),
      },
    ];
  },
});

const SHAREGPT_ROLES: Readonly<Record<string, string>> = {
  user: 'human',
  assistant: 'gpt',
  tool: 'observation',
};

export const shareGpt = trainingFormat({
  name: 'sharegpt',
  summary: 'conversations of human and gpt (function_call, observation) for LLaMA-Factory and Axolotl.',
  columns: { conversations: listOf(objectOf({ from: TEXT, value: TEXT })), system: TEXT, tools: TEXT },
  trainers: shareGptTrainers,
  lines: (example) => {
    const [system, turns] = splitSystem(conversation(example));
    const conversations: { readonly from: string; readonly value: string }[] = [];
    for (const { role, content = '', tool_calls: calls } of turns) {
      const last = conversations.at(-1);
      const from = Array.isArray(calls) ? 'function_call' : (SHAREGPT_ROLES[String(role)] ?? String(role));
      const value = Array.isArray(calls) ? callText(calls as readonly JsonObject[]) : String(content);
      // The results of several calls at once are one observation.
      if (last?.from === 'observation' && from === 'observation')
        conversations[conversations.length - 1] = { from, value: `${last.value}\n${value}` };
      else conversations.push({ from, value });
    }
    // LLaMA-Factory drops a row in silence when the sides do not alternate.
    const isTheirs = ({ from }: { readonly from: string }): boolean =>
      from === 'human' || from === 'observation';
    if (conversations.some((turn, index) => isTheirs(turn) !== (index % 2 === 0)))
      return 'the sides do not alternate: a user interrupts the tools';
    return [
      {
        conversations,
        ...(system !== undefined && { system }),
        ...(example.tools && {
          tools: JSON.stringify(example.tools.map((tool) => tool['function'] ?? tool)),
        }),
      },
    ];
  },
  changes: (example) =>
    conversation(example).some(({ content, tool_calls }) => Array.isArray(tool_calls) && content !== '')
      ? ['text that goes with a call was left out']
      : [],
});

/** One call, or a list of them. Text that goes with a call has no place in this format. */
function callText(calls: readonly JsonObject[]): string {
  const made = calls.map(({ function: called }) => {
    const { name = null, arguments: given = '' } = called as JsonObject;
    return { name, arguments: JSON.parse(String(given)) as Json };
  });
  return JSON.stringify(made.length === 1 ? made[0] : made);
}

function splitSystem(chat: readonly JsonObject[]): readonly [string | undefined, readonly JsonObject[]] {
  const [first] = chat;
  return first?.['role'] === 'system' ? [String(first['content']), chat.slice(1)] : [undefined, chat];
}
