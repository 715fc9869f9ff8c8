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
  const events = withoutRewound(content.records);
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
  const starts = events.filter(({ type }) => type === 'subagent.started');
  const calls = new Map(
    starts.map(({ agentId, data }) => [idOf(agentId), idOf(objectOf(data)['toolCallId'])]),
  );
  // Older versions name the call that started a sub-agent; newer ones name the sub-agent.
  const byCall = groupBy(events, ({ agentId, data }) => {
    const agent = idOf(agentId);
    return calls.get(agent) ?? idOf(objectOf(data)['parentToolCallId']) ?? agent ?? '';
  });
  // The session itself comes first.
  const threads = new Map([['', []], ...byCall]);
  const callIds = new Set(
    answers.flatMap(({ toolRequests }) => objectsOf(toolRequests)).map(({ toolCallId }) => idOf(toolCallId)),
  );
  const subAgents = Array.from(threads.keys())
    .filter((name) => callIds.has(name))
    .map((name) => ({ tool_call_id: name, agent_id: name }));
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
        parent_tool_call_id: isMain || !callIds.has(name) ? undefined : name,
        sub_agents: isMain ? filled(subAgents) : undefined,
      }),
    };
  });
  return { traces, skipped: skips.findings() };
}

/** A rewind takes back an event with all that came after it; some versions leave them in the log. */
function withoutRewound(events: readonly JsonObject[]): readonly JsonObject[] {
  const kept: JsonObject[] = [];
  for (const event of events) {
    const target =
      event['type'] === 'session.snapshot_rewind' ? objectOf(event['data'])['upToEventId'] : null;
    const at = typeof target === 'string' ? kept.findIndex(({ id }) => id === target) : -1;
    if (at === -1) kept.push(event);
    else kept.splice(at);
  }
  return kept;
}

/** What a sub-agent was asked: the prompt of the call that started it. */
function taskOf(callId: string, answers: readonly JsonObject[]): Json | undefined {
  const call = answers
    .flatMap(({ toolRequests }) => objectsOf(toolRequests))
    .find(({ toolCallId }) => idOf(toolCallId) === callId);
  return textOf(objectOf(call?.['arguments'])['prompt']);
}

/** @param task begins the conversation of a sub-agent whose prompt is not recorded */
function messagesOf(events: readonly JsonObject[], task: Json | undefined, skips: Skips): Trace['messages'] {
  const transcript = createTranscript();
  if (!events.some(({ type }) => type === 'user.message')) transcript.addMessage('user', task);
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

function isTyped({ source, isAutopilotContinuation, inputOrigin }: JsonObject): boolean {
  const isOwn = source === undefined || source === null || source === 'user';
  return isOwn && isAutopilotContinuation !== true && textOf(inputOrigin) === undefined;
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
    // A response with several thoughts is several messages with the id of one call of the model.
    response: idOf(data['apiCallId']) ?? idOf(data['messageId']),
    content: contentBlocks(text),
    reasoning: distinctTexts([data['reasoningText']]),
    calls,
  });
}
