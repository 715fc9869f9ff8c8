import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { textBlock } from '../../content.js';
import {
  compact,
  distinctTexts,
  filled,
  idOf,
  jsonText,
  objectOf,
  objectsOf,
  tokenSums,
  textOf,
} from '../../fields.js';
import type { ParsedTraces, Trace } from '../../format.js';
import { groupBy } from '../../sessions.js';
import { createSkips, type Skips } from '../../skips.js';
import { millisecondsAsTime, timeSpan } from '../../timestamps.js';
import { createTranscript, type CallPart } from '../../transcript.js';

/**
 * Logs of `cursor-agent --print --output-format stream-json`. They look like Claude Code's, but calls and thoughts are
 * events of their own, and the first event names no tools.
 */
export function isCursorEvent({ type, subtype, apiKeySource, tools, tool_call: call }: JsonObject): boolean {
  return (
    (type === 'tool_call' && isObject(call)) ||
    (type === 'system' && subtype === 'init' && apiKeySource !== undefined && tools === undefined)
  );
}

export function parseLog(records: readonly JsonObject[], stem: string): ParsedTraces {
  const skips = createSkips();
  const sessions = groupBy(records, ({ session_id: id }) => idOf(id) ?? stem);
  const traces = [...sessions].map(([id, events]) => parseSession(id, events, skips));
  return { traces, skipped: skips.findings() };
}

/** Events about the program itself. */
const UNUSED: ReadonlySet<Json | undefined> = new Set(['system', 'result', 'interaction_query', 'retry']);

function parseSession(id: string, events: readonly JsonObject[], skips: Skips): Trace {
  const transcript = createTranscript();
  const started = new Set<string>();
  let thought = '';
  let said = '';
  let response = 0;
  let hasCalls = false;

  /** Adds what was thought and said so far, and a call. */
  function flush(call?: CallPart): void {
    const [content, reasoning] = [said === '' ? [] : [textBlock(said)], distinctTexts([thought.trim()])];
    transcript.addAssistant({ response: String(response), content, reasoning, calls: call ? [call] : [] });
    [said, thought] = ['', ''];
    hasCalls ||= call !== undefined;
  }

  /** The model goes on after calls: another response. */
  function beginAnswer(): void {
    if (hasCalls) response += 1;
    hasCalls = false;
  }

  for (const event of events) {
    const { type, subtype, message, text, timestamp_ms: time, model_call_id: answer } = event;
    if (type === 'user') {
      flush();
      response += 1;
      hasCalls = false;
      transcript.addMessage('user', objectOf(message)['content']);
    } else if (type === 'thinking') {
      beginAnswer();
      thought += subtype === 'completed' ? '\n\n' : (textOf(text) ?? '');
    } else if (type === 'assistant') {
      beginAnswer();
      const piece = objectsOf(objectOf(message)['content'])
        .map((block) => textOf(block['text']) ?? '')
        .join('');
      // With `--stream-partial-output`, the text comes in pieces, and then as a whole.
      const isPiece = time !== undefined && answer === undefined;
      if (isPiece || piece !== said) said += piece;
    } else if (type === 'tool_call') {
      const call = callOf(event);
      if (!call) {
        skips.add('tool calls without a name');
        continue;
      }
      const isKnown = call.id !== undefined && started.has(call.id);
      if (!isKnown) flush(call);
      if (call.id !== undefined) started.add(call.id);
      if (subtype === 'completed') {
        const { content, isError } = resultOf(call.result);
        transcript.addResult(call.id, content, isError);
      }
    } else if (!UNUSED.has(type)) skips.add('records of an unknown kind');
  }
  flush();

  const start = events.find(({ type }) => type === 'system') ?? {};
  const cwd = textOf(start['cwd']);
  const span = timeSpan(events.map(({ timestamp_ms: time }) => millisecondsAsTime(time)));
  return {
    traceId: id,
    rootSessionId: id,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: events.length,
      models_used: filled(distinctTexts([start['model']])),
      token_usage: tokensOf(events),
    }),
  };
}

interface LoggedCall extends CallPart {
  readonly result: Json | undefined;
}

/** `{ readToolCall: { args, result } }`, or `{ function: { name, arguments } }` of tools without a kind of their own. */
function callOf({ call_id: callId, tool_call: call }: JsonObject): LoggedCall | undefined {
  const id = idOf(callId);
  for (const [key, value] of Object.entries(objectOf(call))) {
    const { name, args, arguments: given, result } = objectOf(value);
    const tool = key === 'function' ? textOf(name) : /^(.+)ToolCall$/.exec(key)?.[1];
    if (tool !== undefined && isObject(value)) return { id, name: tool, arguments: args ?? given, result };
  }
  return undefined;
}

/** `{ success }`, or the reason of a failure under its name. */
function resultOf(result: Json | undefined): { readonly content: Json; readonly isError: boolean } {
  const { success } = objectOf(result);
  const content = textOf(objectOf(success)['content']) ?? success ?? result ?? '';
  return {
    content: typeof content === 'string' ? content : jsonText(content),
    isError: isObject(result) && success === undefined,
  };
}

/** Each run of a session ends with its sum. */
function tokensOf(events: readonly JsonObject[]): JsonObject | undefined {
  const usages = events.flatMap(({ type, usage }) => (type === 'result' && isObject(usage) ? [usage] : []));
  return tokenSums(usages, ['inputTokens', 'outputTokens', 'cacheWriteTokens', 'cacheReadTokens']);
}
