import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';

/** Other names of the roles: OpenAI's `developer`, and what ShareGPT's files have in `from`. */
const ROLES: Readonly<Record<string, string>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
  tool: 'tool',
};

/** Messages with the usual roles and keys, and what `$chatMessages` will change of them, in words. */
export interface ReadMessages {
  readonly messages: readonly JsonObject[];
  readonly changes: readonly string[];
}

/**
 * Brings messages into OpenAI's shape, and names what a trainer would refuse or drop in silence. What is named is
 * left out, joined or wrapped when the conversation is made (`template/chat-messages.ts`).
 */
export function readMessages(given: Json): ReadMessages {
  const list: readonly Json[] = Array.isArray(given) ? given : [given];
  const messages = list.filter(isObject).map(inUsualShape);
  // Notes of a tool's log, such as summaries, are no part of the conversation.
  const spoken = messages.filter(({ kind }) => kind === undefined);
  return { messages, changes: [...new Set([...changesOf(spoken), ...changedCalls(spoken)])] };
}

function inUsualShape(message: JsonObject): JsonObject {
  const { from, value, ...others } = message;
  const isShareGpt = message['role'] === undefined && typeof from === 'string';
  const given = isShareGpt ? { ...others, role: from, content: value ?? '' } : message;
  const role = String(given['role']);
  return Object.hasOwn(ROLES, role) ? { ...given, role: ROLES[role] ?? role } : given;
}

function changesOf(messages: readonly JsonObject[]): readonly string[] {
  const changes: string[] = [];
  const roles = messages.map(({ role }) => String(role));
  const start = roles.findIndex((role) => role !== 'system');
  const user = roles.indexOf('user');
  if (start >= 0 && roles.includes('system', start))
    changes.push('a system message in the middle was left out');
  for (const role of roles)
    if (!Object.hasOwn(ROLES, role)) changes.push(`a message of the role \`${role}\` was left out`);
  if (roles.slice(0, Math.max(0, user)).some((role) => role === 'assistant' || role === 'tool'))
    changes.push('messages before the first of the user were left out');
  if (messages.some((message) => message['role'] === 'assistant' && isEmpty(message)))
    changes.push('an empty message of the assistant was left out');
  if (roles.includes('assistant') && roles.at(-1) !== 'assistant')
    changes.push('messages after the last answer were left out');
  if (roles.some((role, at) => role === 'user' && roles[at + 1] === 'user'))
    changes.push('messages of the user that follow each other were joined');
  return changes;
}

function changedCalls(messages: readonly JsonObject[]): readonly string[] {
  const calls = messages.flatMap(({ tool_calls: made }) =>
    Array.isArray(made) ? made.filter(isObject) : [],
  );
  const called = new Set(calls.map(({ id }) => id));
  const answered = new Set(messages.filter(({ role }) => role === 'tool').map(({ tool_call_id: id }) => id));
  const changes: string[] = [];
  if (calls.some(({ id }) => !answered.has(id))) changes.push('a call without a result was left out');
  if (calls.some((call) => !hasName(call))) changes.push('a call without a name was left out');
  if ([...answered].some((id) => !called.has(id))) changes.push('a result without a call was left out');
  if (calls.some((call) => answered.has(call['id']) && !hasObject(call)))
    changes.push('arguments of a call that are no JSON object became {"input": …}');
  return changes;
}

function hasName({ function: called }: JsonObject): boolean {
  return isObject(called) && typeof called['name'] === 'string' && called['name'] !== '';
}

function hasObject({ function: called }: JsonObject): boolean {
  const given = isObject(called) ? called['arguments'] : undefined;
  return isObject(typeof given === 'string' ? jsonIn(given) : given);
}

function isEmpty({ content, tool_calls: calls }: JsonObject): boolean {
  const hasText = Array.isArray(content) ? content.length > 0 : typeof content === 'string' && content !== '';
  return !hasText && !(Array.isArray(calls) && calls.length > 0);
}
