import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { textBlock, withoutData } from '../../content.js';
import {
  compact,
  distinctTexts,
  filled,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  sumOf,
  textOf,
} from '../../fields.js';
import type { ParsedTraces, RolloutFormat, TraceContent, TraceFile } from '../../format.js';
import { replaySession } from './log.js';
import type { ContentBlock } from '../../message.js';
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
  parse,
};

function recognises(content: TraceContent): boolean {
  return content.kind === 'document'
    ? isHeader(content.document) && Array.isArray(content.document['messages'])
    : content.records.slice(0, 20).some((record) => isHeader(record) || isAnswer(record));
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
  const cwd = isSubAgent ? directories[0] : undefined;
  const trace = {
    traceId: id,
    rootSessionId: id,
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
  else if (parts.content.length > 0) transcript.addMessage('user', parts.content);
  for (const { id, response } of parts.results) {
    addResult(transcript, answered, { callId: idOf(id), ...outcomeOf(response) });
  }
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

interface Outcome {
  readonly content: readonly ContentBlock[];
  readonly isError: boolean;
}

/** `{ output }`, `{ error }`, or any other answer of a tool. */
function outcomeOf(response: Json | undefined): Outcome {
  const { output, error } = objectOf(response);
  const text = textOf(output) ?? textOf(error) ?? (output === undefined ? textOf(response) : '');
  return { content: text === undefined ? [] : [textBlock(text)], isError: error !== undefined };
}

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

/** The parts of a content, by kind. */
interface Parts {
  readonly content: readonly ContentBlock[];
  readonly reasoning: readonly string[];
  /** `{ id, name, args }` */
  readonly calls: readonly JsonObject[];
  /** `{ id, name, response }` */
  readonly results: readonly JsonObject[];
}

/** Reads Gemini's content: a text, a part, or a list of both. */
function readParts(value: Json | undefined): Parts {
  const content: ContentBlock[] = [];
  const reasoning: string[] = [];
  const calls: JsonObject[] = [];
  const results: JsonObject[] = [];
  for (const item of Array.isArray(value) ? listOf(value) : [value ?? null]) {
    const part = isObject(item) ? item : { text: item };
    if (isObject(part['functionCall'])) calls.push(part['functionCall']);
    else if (isObject(part['functionResponse'])) results.push(part['functionResponse']);
    else if (part['text'] === undefined) content.push(otherBlock(part));
    else {
      const text = textOf(part['text']);
      if (text !== undefined && part['thought'] === true) reasoning.push(text);
      else if (text !== undefined) content.push(textBlock(text));
    }
  }
  return { content, reasoning, calls, results };
}

/** `{ inlineData: … }`, `{ fileData: … }`, …: the first key becomes the type. */
function otherBlock(part: JsonObject): ContentBlock {
  const type = Object.keys(part)[0] ?? 'unknown';
  return { ...withoutData(part), type };
}
