import type { Json, JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import {
  compact,
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
import type { Finding, ParsedTraces, RolloutFormat, Trace, TraceContent, TraceFile } from '../format.js';
import type { MessageKind } from '../message.js';
import { extensionOf, lineName } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { timeOf } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * Conversations in OpenAI's layout, one per line: `{ messages: [{ role, content, … }], … }`, as in chat logs and
 * fine-tuning files. ShareGPT's `{ conversations: [{ from, value }] }` is read too.
 */
export const chatCompletionJsonl: RolloutFormat = {
  name: 'chat_completion_jsonl',
  filePattern: '*.jsonl',
  defaultFolders: () => [],
  owns: (path) => ['.jsonl', '.json'].includes(extensionOf(path)),
  recognises: (content) => recordsOf(content).slice(0, 20).some(isConversation),
  parse,
};

function recordsOf(content: TraceContent): readonly JsonObject[] {
  return content.kind === 'lines' ? content.records : [content.document];
}

/** The line number in the file, so that damaged or other lines do not change it. */
function lineOf(content: TraceContent, index: number): number {
  return (content.kind === 'lines' ? content.lines?.[index] : undefined) ?? index + 1;
}

function isConversation({ messages, conversations }: JsonObject): boolean {
  return (
    objectsOf(messages).some(({ role }) => typeof role === 'string') ||
    objectsOf(conversations).some(({ from }) => typeof from === 'string')
  );
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const traces: Trace[] = [];
  for (const [index, record] of recordsOf(content).entries()) {
    if (Array.isArray(record['messages']) || Array.isArray(record['conversations'])) {
      traces.push(parseConversation(record, lineOf(content, index), stem, skips));
    } else skips.add('records without messages');
  }
  return { traces, skipped: [...skips.findings(), ...emptyAmong(traces)] };
}

/** A conversation without messages gives no row; when all are empty, the caller reports the file as a whole. */
function emptyAmong(traces: readonly Trace[]): readonly Finding[] {
  const count = traces.filter(({ messages }) => messages.length === 0).length;
  return count === 0 || count === traces.length
    ? []
    : [{ kind: 'filtered', reason: 'conversations without messages', count }];
}

/** Keys that become columns of the row; all others are kept in `source_meta`. */
const OWN_KEYS: ReadonlySet<string> = new Set(
  (
    'messages conversations tools functions model usage trace_id session_id agent_id is_sidechain ' +
    'cwd project_path git_branch started_at ended_at'
  ).split(' '),
);

function parseConversation(record: JsonObject, line: number, stem: string, skips: Skips): Trace {
  const transcript = createTranscript();
  const calls = openCalls();
  const messages = Array.isArray(record['messages'])
    ? objectsIn(record['messages'], skips, 'messages')
    : objectsIn(record['conversations'], skips, 'messages').map(fromShareGpt);
  for (const message of messages) addMessage(transcript, message, calls, skips);

  const ids = ['trace_id', 'id', 'custom_id', 'conversation_id', 'session_id'].map((key) =>
    idOf(record[key]),
  );
  const id = firstText(ids) ?? lineName(stem, line);
  const tools = listOf(record['tools'] ?? record['functions']);
  const others = Object.entries(record).filter(([key]) => !OWN_KEYS.has(key));
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
      models_used: filled(distinctTexts([record['model']])),
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
  observation: 'tool',
  function_response: 'tool',
};

function fromShareGpt({ from, value, role, content }: JsonObject): JsonObject {
  const speaker = textOf(from ?? role) ?? '';
  const known = Object.hasOwn(SHAREGPT_ROLES, speaker) ? SHAREGPT_ROLES[speaker] : undefined;
  return { role: known ?? speaker, content: value ?? content ?? null };
}

function addMessage(transcript: Transcript, message: JsonObject, calls: OpenCalls, skips: Skips): void {
  const { role, content } = message;
  if (role === 'user') transcript.addMessage('user', content, kindOf(message));
  else if (role === 'system' || role === 'developer')
    transcript.addMessage('system', content, kindOf(message));
  else if (role === 'assistant') addAnswer(transcript, message, calls, skips);
  else if (role === 'tool' || role === 'function') {
    const callId = calls.answer(idOf(message['tool_call_id']), textOf(message['name']));
    transcript.addResult(callId, content, message['is_error'] === true);
  } else skips.add('messages with an unknown role');
}

/** Set only in rows that this program wrote. */
function kindOf({ kind }: JsonObject): MessageKind | undefined {
  return kind === 'meta' || kind === 'summary' || kind === 'error' || kind === 'copied' ? kind : undefined;
}

function addAnswer(transcript: Transcript, message: JsonObject, calls: OpenCalls, skips: Skips): void {
  const content = [message['content'], message['refusal']].filter((part) => part !== '');
  const reasoning = firstText([message['reasoning_content'], message['reasoning'], message['thinking']]);
  const parts: CallPart[] = [];
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

/** The calls of the latest answer that have no result yet. */
interface OpenCalls {
  /** Registers the calls of a new answer; a call without an id gets one. */
  open(calls: readonly CallPart[]): readonly CallPart[];
  /** The call id of a result: its own, or that of the next open call with that name. */
  answer(callId: string | undefined, name: string | undefined): string | undefined;
}

/**
 * Pairs results with calls in conversations without call ids, as chat templates and OpenAI's old functions have
 * them: results then come in the order of the calls.
 */
function openCalls(): OpenCalls {
  let waiting: readonly CallPart[] = [];
  let count = 0;
  return {
    open(calls) {
      waiting = calls.map((call) => {
        count += 1;
        return { ...call, id: call.id ?? `call_${count}` };
      });
      return waiting;
    },
    answer(callId, name) {
      const answered =
        callId === undefined
          ? waiting.find((call) => name === undefined || call.name === name)
          : waiting.find(({ id }) => id === callId);
      waiting = waiting.filter((call) => call !== answered);
      return callId ?? answered?.id;
    },
  };
}
