import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { splitBlocks } from '../anthropic-blocks.js';
import { contentBlocks } from '../content.js';
import {
  compact,
  decodedJson,
  distinctTexts,
  filled,
  firstText,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  textOf,
  jsonText,
} from '../fields.js';
import {
  lineOf,
  recordsOf,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import type { MessageKind } from '../message.js';
import { createOpenCalls, type OpenCalls } from '../open-calls.js';
import { extensionOf, lineName } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { timeOf } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * Conversations in OpenAI's layout, one per line: `{ messages: [{ role, content, … }], … }`, as in chat logs and
 * fine-tuning files. ShareGPT's `{ conversations: [{ from, value }] }` is read too, and datasets of trajectories: as
 * Parquet, or as the rows that Hugging Face's viewer answers with.
 */
export const chatCompletionJsonl: RolloutFormat = {
  name: 'chat_completion_jsonl',
  filePattern: '*.jsonl, *.parquet',
  defaultFolders: () => [],
  // Logs of Hermes, for instance.
  isExtended: true,
  owns: (path) => ['.jsonl', '.json', '.parquet'].includes(extensionOf(path)),
  recognises: (content) =>
    rowsOf(content, 20)
      .slice(0, 20)
      .some(({ record }) => isConversation(record)),
  parse,
};

interface Row {
  readonly record: JsonObject;
  readonly line: number;
  /** The viewer cut long cells. */
  readonly isCut?: boolean;
}

/** @param most how many records are looked at */
function rowsOf(content: TraceContent, most = Infinity): readonly Row[] {
  const records = recordsOf(content).slice(0, most);
  return records.flatMap((record, index): readonly Row[] => {
    const rows = objectsOf(record['rows']);
    if (rows.length === 0 || !rows.every(({ row }) => isObject(row))) {
      return [{ record, line: lineOf(content, index) }];
    }
    return rows.map(({ row, row_idx: number, truncated_cells: cut }, at) => ({
      record: objectOf(row),
      line: typeof number === 'number' ? number + 1 : at + 1,
      isCut: listOf(cut).length > 0,
    }));
  });
}

function isConversation(record: JsonObject): boolean {
  return messagesOf(record)?.some(({ role }) => typeof role === 'string') ?? false;
}

/** Keys under which files have the messages of a conversation, in this order. */
const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  'messages',
  'conversations',
  'conversation',
  'trajectory',
  'traj',
]);

/** The messages in OpenAI's layout; a list may be JSON text. `undefined` when there is no list. */
function messagesOf(record: JsonObject, skips?: Skips): readonly JsonObject[] | undefined {
  for (const key of MESSAGE_KEYS) {
    const list = listIn(record[key]);
    if (!list || (list.length > 0 && !list.some(isMessage))) continue;
    const messages = skips ? objectsIn(list, skips, 'messages') : objectsOf(list);
    return messages.map((message) => ({ ...message, ...fromShareGpt(message) }));
  }
  return pairOf(record)?.map((message) => ({ ...message, ...fromShareGpt(message) }));
}

/** A prompt and its completion, at least one of them as messages. */
function pairOf({ prompt, completion }: JsonObject): readonly JsonObject[] | undefined {
  const [asked, answered] = [listIn(prompt), listIn(completion)];
  if (!asked?.some(isMessage) && !answered?.some(isMessage)) return undefined;
  return [
    ...(asked ? objectsOf(asked) : [{ role: 'user', content: prompt ?? null }]),
    ...(answered ? objectsOf(answered) : [{ role: 'assistant', content: completion ?? null }]),
  ];
}

function isMessage(value: Json): boolean {
  const { role, from } = objectOf(value);
  return typeof (role ?? from) === 'string';
}

function listIn(value: Json | undefined): readonly Json[] | undefined {
  if (typeof value === 'string' && !value.trimStart().startsWith('[')) return undefined;
  const list = decodedJson(value);
  return Array.isArray(list) ? list : undefined;
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const traces: Trace[] = [];
  for (const { record, line, isCut } of rowsOf(content)) {
    const messages = isCut ? undefined : messagesOf(record, skips);
    if (messages) traces.push(parseConversation(record, messages, line, stem, skips));
    else skips.add(isCut ? 'rows that the viewer cut' : 'records without messages');
  }
  return { traces, skipped: skips.findings() };
}

const IDS = ['trace_id', 'id', 'custom_id', 'conversation_id', 'traj_id', 'trajectory_id', 'session_id'];

/** Keys that become columns of the row; all others are kept in `source_meta`. */
const OWN_KEYS: ReadonlySet<string> = new Set(
  (
    'messages conversations tools functions model usage trace_id session_id agent_id is_sidechain ' +
    'cwd project_path git_branch started_at ended_at'
  ).split(' '),
);

function parseConversation(
  record: JsonObject,
  messages: readonly JsonObject[],
  line: number,
  stem: string,
  skips: Skips,
): Trace {
  const transcript = createTranscript();
  const calls = createOpenCalls();
  // Anthropic's requests have it beside the messages.
  if (messages[0]?.['role'] !== 'system') transcript.addMessage('system', record['system']);
  for (const message of messages) addMessage(transcript, message, calls, skips);

  const ids = IDS.map((key) => idOf(record[key]));
  const id = firstText(ids) ?? lineName(stem, line);
  const tools = listOf(decodedJson(record['tools'] ?? record['functions'])).map(
    (tool) => decodedJson(tool) ?? tool,
  );
  const isPair = pairOf(record) !== undefined;
  const others = Object.entries(record).filter(
    ([key, value]) =>
      !OWN_KEYS.has(key) &&
      !(MESSAGE_KEYS.has(key) && listIn(value)?.some(isMessage)) &&
      !(isPair && (key === 'prompt' || key === 'completion')),
  );
  const cwd = textOf(record['cwd']);
  return {
    traceId: id,
    rootSessionId: idOf(record['session_id']) ?? id,
    agentId: idOf(record['agent_id']),
    isSidechain: record['is_sidechain'] === true,
    cwd,
    projectPath: textOf(record['project_path']) ?? cwd,
    gitBranch: textOf(record['git_branch']),
    startedAt: timeOf(record['started_at']) ?? timeOf(record['created_at']) ?? timeOf(record['timestamp']),
    endedAt: timeOf(record['ended_at']),
    messages: transcript.messages(),
    meta: compact({
      ...Object.fromEntries(others),
      record_number: line,
      models_used: filled(distinctTexts([record['model'] ?? record['model_name']])),
      token_usage: tokenUsage(objectOf(record['usage'])),
      available_tool_names: filled(distinctTexts(tools.map(toolName))),
      tools: filled(tools) && jsonText(tools),
    }),
  };
}

const SHAREGPT_ROLES: Readonly<Record<string, string>> = {
  human: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  observation: 'tool',
  function_response: 'tool',
};

/** The role and content of a message in either layout. */
function fromShareGpt({ from, value, role, content, text, system_prompt: system }: JsonObject): JsonObject {
  const speaker = textOf(from ?? role) ?? '';
  if (speaker === 'function_call') return calling(value ?? content ?? null);
  const known = Object.hasOwn(SHAREGPT_ROLES, speaker) ? SHAREGPT_ROLES[speaker] : undefined;
  return { role: known ?? speaker, content: value ?? content ?? text ?? system ?? null };
}

/** A turn of ShareGPT that is nothing but calls, as JSON text. */
function calling(value: Json): JsonObject {
  const decoded = decodedJson(value);
  const calls = objectsOf(Array.isArray(decoded) ? decoded : [decoded ?? null]);
  const isCalls = calls.length > 0 && calls.every(({ name }) => typeof name === 'string');
  return { role: 'assistant', ...(isCalls ? { content: null, tool_calls: calls } : { content: value }) };
}

function addMessage(transcript: Transcript, message: JsonObject, calls: OpenCalls, skips: Skips): void {
  const { role, content } = message;
  if (role === 'user') addInput(transcript, message, calls);
  else if (role === 'system' || role === 'developer')
    transcript.addMessage('system', content, kindOf(message));
  else if (role === 'assistant') addAnswer(transcript, message, calls, skips);
  else if (role === 'tool' || role === 'function') {
    const callId = calls.answer(idOf(message['tool_call_id']), textOf(message['name']));
    transcript.addResult(callId, content, message['is_error'] === true);
  } else skips.add('messages with an unknown role');
}

/** In Anthropic's layout the results of calls are blocks of a user's message. */
function addInput(transcript: Transcript, message: JsonObject, calls: OpenCalls): void {
  const { rest, results } = splitBlocks(message['content']);
  for (const result of results) {
    const callId = calls.answer(idOf(result['tool_use_id']), undefined);
    transcript.addResult(callId, result['content'], result['is_error'] === true);
  }
  transcript.addMessage('user', rest, kindOf(message));
}

/** Set only in rows that this program wrote. */
function kindOf({ kind }: JsonObject): MessageKind | undefined {
  return kind === 'meta' || kind === 'summary' || kind === 'error' || kind === 'copied' ? kind : undefined;
}

function addAnswer(transcript: Transcript, message: JsonObject, calls: OpenCalls, skips: Skips): void {
  const { rest, reasoning: thoughts, calls: blocks } = splitBlocks(message['content'], skips);
  const parts: CallPart[] = [...blocks];
  const content = [rest, message['refusal']].filter((part) => part !== '');
  const reasoning = firstText([
    message['reasoning_content'],
    message['reasoning'],
    message['thinking'],
    thoughts.join('\n\n'),
  ]);
  // Before `tool_calls` existed, an answer could make one call, which had no id.
  for (const call of [
    ...objectsIn(message['tool_calls'], skips, 'tool calls'),
    ...objectsOf([message['function_call'] ?? null]),
  ]) {
    const fn = objectOf(call['function'] ?? call['custom']);
    const name = firstText([fn['name'], call['name']]);
    const given = fn['arguments'] ?? fn['input'] ?? call['arguments'];
    if (name === undefined) skips.add('tool calls without a name');
    else parts.push({ id: idOf(call['id']), name, arguments: given });
  }
  transcript.addAssistant({
    content: content.flatMap(contentBlocks),
    reasoning: distinctTexts([reasoning]),
    calls: calls.open(parts),
  });
}

function toolName(tool: Json): Json | undefined {
  const { function: fn, name } = objectOf(tool);
  return objectOf(fn)['name'] ?? name;
}

/** As OpenAI counts: cached tokens are part of the input. */
function tokenUsage(usage: JsonObject): JsonObject | undefined {
  return filled(
    compact({
      input_tokens: usage['prompt_tokens'] ?? usage['input_tokens'],
      cached_input_tokens: objectOf(usage['prompt_tokens_details'])['cached_tokens'],
      output_tokens: usage['completion_tokens'] ?? usage['output_tokens'],
      total_tokens: usage['total_tokens'],
    }),
  );
}
