import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import { compact, distinctTexts, filled, firstText, idOf, objectOf, objectsOf, textOf } from '../fields.js';
import type { ParsedTraces, RolloutFormat, Trace, TraceContent, TraceFile } from '../format.js';
import { extensionOf } from '../paths.js';
import { groupBy } from '../sessions.js';
import { createSkips, type Skips } from '../skips.js';
import { timeOf, timeSpan } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * Copilot CLI: one log of events per session, `session-state/<id>/events.jsonl`. What a sub-agent did has the id of
 * the call that started it, and becomes a row of its own.
 */
export const copilotCli: RolloutFormat = {
  name: 'copilot_cli',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => {
    const home = env['COPILOT_HOME'] || join(homeDir, '.copilot');
    return [join(home, 'session-state'), join(home, 'history-session-state')];
  },
  owns: (path) => extensionOf(path) === '.jsonl',
  recognises: (content: TraceContent) =>
    content.kind === 'lines' && content.records.slice(0, 20).some(isEvent),
  parse,
};

const EVENTS: ReadonlySet<Json | undefined> = new Set([
  'session.start',
  'session.resume',
  'user.message',
  'assistant.message',
  'tool.execution_complete',
]);

function isEvent({ type, data }: JsonObject): boolean {
  return EVENTS.has(type) && isObject(data);
}

function parse({ content, stem, folder }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const events = content.records;
  const of = (type: string): readonly JsonObject[] =>
    events.filter((event) => event['type'] === type).map(({ data }) => objectOf(data));
  const start = objectOf(of('session.start')[0]);
  const id = idOf(start['sessionId']) ?? (stem === 'events' ? folder : stem);

  const answers = of('assistant.message');
  const models = distinctTexts([
    ...answers.map(({ model }) => model),
    start['selectedModel'],
    ...of('session.model_change').map(({ newModel }) => newModel),
  ]);
  const byCall = groupBy(events, ({ data }) => idOf(objectOf(data)['parentToolCallId']) ?? '');
  // The session itself comes first.
  const threads = new Map([['', []], ...byCall]);
  const context = objectOf(start['context']);
  const cwd = textOf(context['cwd']);
  const traces = Array.from(threads, ([name, records]): Trace => {
    const span = timeSpan(records.map(({ timestamp }) => textOf(timestamp)));
    const isMain = name === '';
    return {
      traceId: isMain ? id : `${id}:${name}`,
      rootSessionId: id,
      agentId: isMain ? undefined : name,
      isSidechain: !isMain,
      cwd,
      projectPath: textOf(context['gitRoot']) ?? cwd,
      gitBranch: textOf(context['branch']),
      startedAt: (isMain ? timeOf(start['startTime']) : undefined) ?? span.earliest,
      endedAt: span.latest,
      messages: messagesOf(records, isMain ? undefined : taskOf(name, answers), skips),
      meta: compact({
        record_count: records.length,
        cli_version: textOf(start['copilotVersion']),
        models_used: filled(models),
        parent_tool_call_id: isMain ? undefined : name,
      }),
    };
  });
  return { traces, skipped: skips.findings() };
}

/** What a sub-agent was asked: the prompt of the call that started it. */
function taskOf(callId: string, answers: readonly JsonObject[]): Json | undefined {
  const call = answers
    .flatMap(({ toolRequests }) => objectsOf(toolRequests))
    .find(({ toolCallId }) => idOf(toolCallId) === callId);
  return textOf(objectOf(call?.['arguments'])['prompt']);
}

/** @param task begins the conversation of a sub-agent */
function messagesOf(events: readonly JsonObject[], task: Json | undefined, skips: Skips): Trace['messages'] {
  const transcript = createTranscript();
  transcript.addMessage('user', task);
  for (const { type, data } of events) addEvent(transcript, textOf(type) ?? '', objectOf(data), skips);
  return transcript.messages();
}

function addEvent(transcript: Transcript, type: string, data: JsonObject, skips: Skips): void {
  switch (type) {
    case 'user.message':
      // `source` says that something else than the user wrote it.
      return transcript.addMessage('user', data['content'], isTyped(data) ? undefined : 'meta');
    case 'system.message':
      return transcript.addMessage('system', data['content']);
    case 'assistant.message':
      return addAnswer(transcript, data, skips);
    case 'tool.execution_complete': {
      const { success, result, error } = data;
      const { content, detailedContent, contents } = objectOf(result);
      const failure = textOf(objectOf(error)['message']) ?? textOf(error);
      const output =
        firstText([content, contents, detailedContent]) ?? (typeof result === 'string' ? result : undefined);
      return transcript.addResult(idOf(data['toolCallId']), output ?? failure ?? '', success === false);
    }
    case 'session.compaction_complete':
      return transcript.addMessage('system', data['summaryContent'], 'summary');
    case 'session.error':
      return transcript.addMessage('system', data['message'], 'error');
    default:
  }
}

function isTyped({ source }: JsonObject): boolean {
  return source === undefined || source === null || source === 'user';
}

function addAnswer(transcript: Transcript, data: JsonObject, skips: Skips): void {
  const calls: CallPart[] = [];
  for (const { toolCallId, name, arguments: given } of objectsOf(data['toolRequests'])) {
    const tool = textOf(name);
    if (tool === undefined) skips.add('tool calls without a name');
    else calls.push({ id: idOf(toolCallId), name: tool, arguments: given });
  }
  const text = textOf(data['content']);
  transcript.addAssistant({
    response: idOf(data['messageId']),
    content: contentBlocks(text),
    reasoning: distinctTexts([data['reasoningText']]),
    calls,
  });
}
