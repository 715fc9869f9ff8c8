import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { compact, distinctTexts, filled, idOf, listOf, objectsOf, sumOf, textOf } from '../../fields.js';
import {
  recordsOf,
  type ParsedTraces,
  type RolloutFormat,
  type Surroundings,
  type TraceContent,
  type TraceFile,
} from '../../format.js';
import { replaySession } from './log.js';
import { outcomeOf, readParts, type Outcome, type Parts } from './parts.js';
import { extensionOf, nameOf } from '../../paths.js';
import { createSkips, type Skips } from '../../skips.js';
import { timeOf, timeSpan } from '../../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../../transcript.js';

/**
 * Gemini CLI: one file per session in `tmp/<project>/chats`, named `session-*`; those of sub-agents are in a folder
 * named after the session that started them.
 */
export const geminiCli: RolloutFormat = {
  name: 'gemini_cli',
  filePattern: '*.json*',
  defaultFolders: ({ env, homeDir }) => [join(env['GEMINI_CLI_HOME'] || homeDir, '.gemini', 'tmp')],
  owns: (path) =>
    ['.json', '.jsonl'].includes(extensionOf(path)) &&
    (nameOf(path).startsWith('session-') || path.split('/').includes('chats')),
  recognises,
  complete: withPlace,
  parse,
};

/**
 * Where the session belongs: the CLI keeps the path of the project in `.project_root` beside `chats`, and the sessions
 * of sub-agents in a folder named after the session that started them.
 */
async function withPlace(content: TraceContent, { path, text }: Surroundings): Promise<TraceContent> {
  const [, project, parent] = /^(.*)\/chats\/(?:([^/]+)\/)?[^/]+$/.exec(path) ?? [];
  if (project === undefined) return content;
  const root = (await text(`${project}/.project_root`))?.trim();
  const facts = compact({ projectRoot: root || undefined, parentSessionId: parent });
  if (Object.keys(facts).length === 0) return content;
  if (content.kind === 'document') return { ...content, document: { ...content.document, ...facts } };
  if (content.kind !== 'lines') return content;
  return { ...content, records: [...content.records, { $set: facts }] };
}

function recognises(content: TraceContent): boolean {
  return content.kind === 'document'
    ? isHeader(content.document) && Array.isArray(content.document['messages'])
    : recordsOf(content)
        .slice(0, 20)
        .some((record) => isHeader(record) || isAnswer(record));
}

function isHeader({ type, sessionId, projectHash, startTime }: JsonObject): boolean {
  return type === undefined && typeof sessionId === 'string' && (projectHash ?? startTime) !== undefined;
}

function isAnswer({ type, content }: JsonObject): boolean {
  return type === 'gemini' && content !== undefined;
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind === 'document' && !isHeader(content.document)) return { traces: [], skipped: [] };
  const skips = createSkips();
  const { facts, messages, abandoned } = replaySession(content, skips);
  const transcript = createTranscript();
  const answered = new Set<string>();
  for (const message of messages) addMessage(transcript, message, answered, skips);

  const id = idOf(facts['sessionId']) ?? stem;
  const isSubAgent = facts['kind'] === 'subagent';
  const directories = distinctTexts(listOf(facts['directories']));
  const span = timeSpan(messages.map(({ timestamp }) => textOf(timestamp)));
  // For a sub-agent `directories` is the whole workspace; for a session only the folders that were added.
  const cwd = textOf(facts['projectRoot']) ?? (isSubAgent ? directories[0] : undefined);
  const trace = {
    traceId: id,
    rootSessionId: (isSubAgent ? idOf(facts['parentSessionId']) : undefined) ?? id,
    agentId: isSubAgent ? id : undefined,
    isSidechain: isSubAgent,
    cwd,
    projectPath: cwd,
    startedAt: timeOf(facts['startTime']) ?? span.earliest,
    endedAt: timeOf(facts['lastUpdated']) ?? span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: messages.length,
      project_hash: textOf(facts['projectHash']),
      models_used: filled(distinctTexts(messages.map(({ model }) => model))),
      token_usage: tokenUsage(messages),
      summary: textOf(facts['summary']),
      directories: filled(directories),
      sub_agents: filled(messages.flatMap(({ toolCalls }) => objectsOf(toolCalls).flatMap(subAgentOf))),
      abandoned_messages: abandoned || undefined,
    }),
  };
  return { traces: [trace], skipped: skips.findings() };
}

/** The call that started a sub-agent, and the id of its session. */
function subAgentOf({ id, agentId }: JsonObject): readonly JsonObject[] {
  const session = idOf(agentId);
  return session === undefined ? [] : [compact({ tool_call_id: idOf(id), agent_id: session })];
}

/** Adds a message so that every call and every result is in the conversation once. */
function addMessage(transcript: Transcript, message: JsonObject, answered: Set<string>, skips: Skips): void {
  const { type, content } = message;
  const parts = readParts(content);
  if (type === 'gemini') addAnswer(transcript, message, parts, answered, skips);
  else if (type === 'error') transcript.addMessage('system', parts.content, 'error');
  else if (type === 'info' || type === 'warning') transcript.addMessage('system', parts.content, 'meta');
  else if (type !== 'user') skips.add('messages of an unknown type');
  else if (parts.content.length > 0) transcript.addMessage('user', parts.content, kindOf(parts));
  for (const { id, response } of parts.results) {
    addResult(transcript, answered, { callId: idOf(id), ...outcomeOf(response) });
  }
}

/** What the CLI tells the model about the machine, in the name of the user. */
function kindOf({ content }: Parts): 'meta' | undefined {
  return content.every(({ text }) => text?.trimStart().startsWith('<session_context>')) ? 'meta' : undefined;
}

function addAnswer(
  transcript: Transcript,
  { thoughts, toolCalls }: JsonObject,
  parts: Parts,
  answered: Set<string>,
  skips: Skips,
): void {
  const records = objectsOf(toolCalls);
  const recorded = new Set(records.map(({ id }) => id));
  const calls: CallPart[] = [];
  // A call may be among the parts as well as among the records, which have its result.
  for (const call of [...records, ...parts.calls.filter(({ id }) => id === undefined || !recorded.has(id))]) {
    const name = textOf(call['name']);
    if (name === undefined) skips.add('tool calls without a name');
    else calls.push({ id: idOf(call['id']), name, arguments: call['args'] });
  }
  const reasoning = [...objectsOf(thoughts).map(reasoningText), ...parts.reasoning].filter(
    (text) => text !== '',
  );
  transcript.addAssistant({ content: parts.content, reasoning, calls });

  for (const { id, result, status } of records) {
    const { results, content: others } = readParts(result);
    const outcomes = results.map(({ response }) => outcomeOf(response));
    const content = [...outcomes.flatMap((outcome) => outcome.content), ...others];
    const isError = FAILED.has(status) || outcomes.some((outcome) => outcome.isError);
    // A call that never finished has no result.
    if (content.length > 0) addResult(transcript, answered, { callId: idOf(id), content, isError });
  }
}

const FAILED: ReadonlySet<Json | undefined> = new Set(['error', 'cancelled']);

function addResult(
  transcript: Transcript,
  answered: Set<string>,
  { callId, content, isError }: Outcome & { readonly callId: string | undefined },
): void {
  if (callId !== undefined && answered.has(callId)) return;
  if (callId !== undefined) answered.add(callId);
  transcript.addResult(callId, content, isError);
}

function reasoningText({ subject, description }: JsonObject): string {
  return distinctTexts([subject, description]).join('\n');
}

/** As with Codex, cached tokens are part of the input. */
function tokenUsage(messages: readonly JsonObject[]): JsonObject | undefined {
  const counts = messages.map(({ tokens }) => tokens).filter(isObject);
  if (counts.length === 0) return undefined;
  return {
    input_tokens: sumOf(counts, 'input'),
    cached_input_tokens: sumOf(counts, 'cached'),
    output_tokens: sumOf(counts, 'output'),
    reasoning_output_tokens: sumOf(counts, 'thoughts'),
    total_tokens: sumOf(counts, 'total'),
  };
}
