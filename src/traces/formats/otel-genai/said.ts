/**
 * Messages as model calls record them. Every vendor and framework has its own layout, and exporters wrap them once
 * more, so this reads all of them by what a value has: OpenTelemetry's `parts`, OpenAI's chats and responses,
 * Anthropic's and Bedrock's blocks, Gemini's parts, the AI SDK's, LangChain's and OpenInference's messages.
 */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { distinctTexts, firstText, idOf, listOf, objectOf, objectsOf, textOf } from '../../fields.js';
import type { Role } from '../../message.js';
import type { CallPart } from '../../transcript.js';
import { nested, structureIn } from './attributes.js';
import { blocksOf, isBlock, readBlock, type Returned } from './blocks.js';

export interface Said {
  readonly role: Role;
  readonly content: readonly Json[];
  readonly reasoning: readonly string[];
  readonly calls: readonly CallPart[];
  readonly results: readonly Returned[];
}

/**
 * The messages in a recorded input or output.
 *
 * @param role that of a text without one
 */
export function saidIn(value: Json | undefined, role: Role): readonly Said[] {
  if (typeof value === 'string') {
    const structure = structureIn(value);
    const said = structure === undefined ? undefined : saidInStructure(structure, role);
    return said ?? textSaid(role, [value]);
  }
  return value === undefined || value === null
    ? []
    : (saidInStructure(value, role) ?? textSaid(role, [value]));
}

/** A message of contents without calls; none when they are empty. */
function textSaid(role: Role, content: readonly Json[]): readonly Said[] {
  const filled = content.filter((block) => block !== '' && block !== null);
  return filled.length === 0 ? [] : [{ role, content: filled, reasoning: [], calls: [], results: [] }];
}

/** Keys under which requests and responses have their messages, in this order. */
const CONTAINERS = ['messages', 'message', 'input', 'prompt', 'contents', 'content', 'output', 'text'];

/** Keys with alternatives, of which the first counts. */
const ALTERNATIVES = ['choices', 'candidates', 'generations'];

/** `undefined` for an object or a list that has no messages. */
function saidInStructure(value: Json, role: Role): readonly Said[] | undefined {
  if (Array.isArray(value)) return saidInList(value as readonly Json[], role);
  if (!isObject(value)) return undefined;
  const message = messageIn(value);
  if (message) return message;
  for (const key of ALTERNATIVES) {
    const [first] = listOf(value[key]);
    if (first !== undefined) return saidInStructure(first, 'assistant');
  }
  for (const key of CONTAINERS) {
    const inner = value[key];
    const said =
      inner === undefined || inner === null || inner === ''
        ? undefined
        : typeof inner === 'string'
          ? saidIn(inner, role)
          : saidInStructure(inner, role);
    if (said && said.length > 0) return [...systemIn(value), ...said];
  }
  return undefined;
}

/** Anthropic, OpenAI's responses and Gemini have the system prompt beside the messages. */
function systemIn(value: JsonObject): readonly Said[] {
  const { config, system_instruction: own } = value;
  const inner = objectOf(config)['system_instruction'] ?? objectOf(config)['systemInstruction'];
  const system = value['system'] ?? value['instructions'] ?? value['systemInstruction'] ?? own ?? inner;
  return system === undefined || system === null ? [] : saidOf(system, 'system');
}

/** The messages of one role: a text, blocks or parts. */
export function saidOf(value: Json, role: Role): readonly Said[] {
  const parsed = structureIn(value) ?? value;
  const blocks = isObject(parsed) && !('type' in parsed) ? (parsed['parts'] ?? parsed['content']) : parsed;
  return messageIn({ role, content: blocks ?? null }) ?? [];
}

function saidInList(list: readonly Json[], role: Role): readonly Said[] | undefined {
  const [first] = list;
  // LangChain calls models in batches.
  if (Array.isArray(first)) return saidInList(first, role);
  const alternatives = list.length > 1 && list.every(isAlternative);
  const all: Said[] = [];
  let isPart = false;
  for (const item of alternatives ? list.slice(0, 1) : list) {
    const said = typeof item === 'string' ? textSaid(role, [item]) : saidInStructure(item, role);
    // Blocks of a single answer.
    if (!said) {
      if (list.every((one) => isBlock(one))) return messageIn({ role, content: list });
      continue;
    }
    // Responses are lists of items; those without a role are parts of one answer.
    const mayJoin = isObject(item) && item['role'] === undefined && RESPONSE_ITEMS.has(item['type'] ?? null);
    for (const one of said) {
      const before = all.at(-1);
      if (before && isPart && one.role === 'assistant' && before.role === 'assistant')
        all[all.length - 1] = joined(before, one);
      else all.push(one);
      isPart = mayJoin;
    }
  }
  return all.length === 0 && list.length > 0 ? undefined : all;
}

/** Several answers to one request. */
function isAlternative(value: Json): boolean {
  return isObject(value) && value['role'] === 'assistant' && typeof value['finish_reason'] === 'string';
}

function joined(a: Said, b: Said): Said {
  return {
    role: a.role,
    content: [...a.content, ...b.content],
    reasoning: [...a.reasoning, ...b.reasoning],
    calls: [...a.calls, ...b.calls],
    results: [...a.results, ...b.results],
  };
}

const ROLES: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  tool: 'tool',
  function: 'tool',
};

function roleOf(name: Json | undefined): Role | undefined {
  const key = (textOf(name) ?? '').replace(/Message(?:Chunk)?$/, '').toLowerCase();
  return Object.hasOwn(ROLES, key) ? ROLES[key] : undefined;
}

/** Items of OpenAI's responses that have no role. */
const RESPONSE_ITEMS: ReadonlySet<Json> = new Set(['function_call', 'reasoning', 'custom_tool_call']);
const RESPONSE_RESULTS: ReadonlySet<Json> = new Set(['function_call_output', 'custom_tool_call_output']);

/** The message of an object; `undefined` when it is none. */
function messageIn(given: JsonObject): readonly Said[] | undefined {
  const message = unwrapped(given);
  const type = message['type'] ?? null;
  if (RESPONSE_ITEMS.has(type)) return build('assistant', { content: [message] });
  if (RESPONSE_RESULTS.has(type)) return build('tool', { content: [message] });
  const role = roleOf(message['role']) ?? (message['content'] === undefined ? undefined : roleOf(type));
  return role === undefined ? undefined : build(role, message);
}

/** OpenInference nests messages and dots their keys; LangChain serialises classes. */
function unwrapped(given: JsonObject): JsonObject {
  const dotted = Object.keys(given).some((key) => key.startsWith('message.'));
  const message = dotted ? undotted(given) : given;
  const inner = objectOf(message['message']);
  if (inner['role'] !== undefined && message['role'] === undefined) return inner;
  const kwargs = message['kwargs'] ?? message['data'];
  if (!isObject(kwargs) || kwargs['content'] === undefined) return message;
  return { ...kwargs, role: kwargs['role'] ?? listOf(message['id']).at(-1) ?? message['type'] ?? null };
}

/** Only the keys of OpenInference: arguments may have dots of their own. */
function undotted(given: JsonObject): JsonObject {
  const message = objectOf(objectOf(nested(given))['message']);
  const lists = ['tool_calls', 'contents'].flatMap((key): readonly [string, Json][] => {
    const list = message[key];
    return Array.isArray(list) ? [[key, nested(list)]] : [];
  });
  return { ...message, ...Object.fromEntries(lists) };
}

function build(role: Role, message: JsonObject): readonly Said[] {
  const blocks = blocksOf(message['parts'] ?? message['contents'] ?? message['content']);
  const content: Json[] = [];
  const reasoning: string[] = [
    ...distinctTexts([message['reasoning_content'] ?? message['reasoning'] ?? message['thinking']]),
  ];
  const calls: CallPart[] = [];
  const results: Returned[] = [];
  for (const block of blocks) {
    const read = readBlock(block);
    if (read.call) calls.push(read.call);
    if (read.result) results.push(read.result);
    if (read.thought !== undefined) reasoning.push(read.thought);
    if (read.content !== undefined) content.push(read.content);
  }
  const named = callsOf(message);
  const repeated = new Set(named.map(({ id }) => id));
  const allCalls = [...named, ...calls.filter(({ id }) => id === undefined || !repeated.has(id))];
  if (role === 'tool' && results.length === 0) {
    results.push({
      callId: idOf(message['tool_call_id'] ?? message['call_id'] ?? message['id']),
      name: textOf(message['name']),
      content: content.length === 1 ? (content[0] ?? null) : content,
      isError: message['is_error'] === true || message['status'] === 'error',
    });
    content.length = 0;
  }
  const said = { role, content, reasoning: distinctTexts(reasoning), calls: allCalls, results };
  return isEmpty(said) ? [] : [said];
}

function isEmpty({ content, reasoning, calls, results }: Said): boolean {
  return content.length + reasoning.length + calls.length + results.length === 0;
}

/** OpenAI's, LangChain's, OpenInference's and OpenLLMetry's calls. */
function callsOf(message: JsonObject): readonly CallPart[] {
  const extra = objectOf(message['additional_kwargs']);
  const lists = [message['tool_calls'], extra['tool_calls'], message['toolCalls']].map((calls) =>
    listOf(structureIn(calls)),
  );
  const list = objectsOf(lists.find((calls) => calls.length > 0) ?? []);
  return [...list, ...objectsOf([message['function_call'] ?? null])].flatMap((given) => {
    const call = isObject(given['tool_call']) ? given['tool_call'] : given;
    const fn = objectOf(call['function']);
    const name = firstText([fn['name'], call['name'], call['toolName']]);
    if (name === undefined) return [];
    const args =
      fn['arguments'] ?? call['arguments'] ?? call['args'] ?? call['input'] ?? fn['arguments_json'];
    return [{ id: idOf(call['id'] ?? call['toolCallId']), name, arguments: args }];
  });
}
