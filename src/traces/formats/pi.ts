import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks, textBlock } from '../content.js';
import {
  compact,
  distinctTexts,
  filled,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  tokenSums,
  textOf,
  jsonText,
} from '../fields.js';
import type { ParsedTraces, RolloutFormat, Trace, TraceContent, TraceFile } from '../format.js';
import { openAiTool } from '../openai-calls.js';
import { extensionOf } from '../paths.js';
import { activePath } from '../active-path.js';
import { createSkips, type Skips } from '../skips.js';
import { timeSpan } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/** Pi: one JSONL file per session, a header and a tree of entries. The oldest versions wrote a plain list. */
export const piCodingAgent: RolloutFormat = {
  name: 'pi_coding_agent',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => [
    join(env['PI_CODING_AGENT_DIR'] || join(homeDir, '.pi', 'agent'), 'sessions'),
    // Only new sessions are written here; older ones stay where they were.
    ...(env['PI_CODING_AGENT_SESSION_DIR'] ? [env['PI_CODING_AGENT_SESSION_DIR']] : []),
  ],
  owns: (path) => extensionOf(path) === '.jsonl',
  recognises,
  parse,
};

function recognises(content: TraceContent): boolean {
  if (content.kind !== 'lines') return false;
  const head = content.records.slice(0, 20);
  if (head.some(isOpenClaw)) return false;
  if (head.some(isHeader)) return true;
  return head.some(isChatEntry) && !head.some(({ type }) => type === 'session_start');
}

function isHeader({ type, id }: JsonObject): boolean {
  return type === 'session' && idOf(id) !== undefined;
}

/** Other tools have entries like these, with calls and results in Anthropic's layout. */
function isChatEntry({ type, message }: JsonObject): boolean {
  const { role, content } = objectOf(message);
  return (
    type === 'message' &&
    typeof role === 'string' &&
    !objectsOf(content).some((block) => block['type'] === 'tool_use' || block['type'] === 'tool_result')
  );
}

/** OpenClaw writes Pi's layout, and entries of its own. */
export function isOpenClaw({ type, customType, message }: JsonObject): boolean {
  const { provider, idempotencyKey, __openclaw: own } = objectOf(message);
  const mark = textOf(customType) ?? '';
  return (
    (type === 'custom' && mark === 'model-snapshot') ||
    /^openclaw[.:]/.test(mark) ||
    type === 'leaf' ||
    type === 'reset' ||
    (type === 'message' && (provider === 'openclaw' || idempotencyKey !== undefined || own !== undefined))
  );
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const trace = parseSession(content.records, stem, skips);
  return { traces: [trace], skipped: skips.findings() };
}

/** One session: its header and its entries. */
export function parseSession(records: readonly JsonObject[], stem: string, skips: Skips): Trace {
  const header = objectOf(records.find(isHeader));
  const entries = records.filter((record) => !isHeader(record)).map(withTarget);
  const path = activePath(entries);
  const transcript = createTranscript();
  for (const entry of path) addEntry(transcript, entry, skips);

  const messages = path.filter(({ type }) => type === 'message').map(({ message }) => objectOf(message));
  const answers = messages.filter(({ role }) => role === 'assistant');
  const tools = toolsOf(messages);
  const id = idOf(header['id']) ?? stem;
  const cwd = textOf(header['cwd']);
  const span = timeSpan([header, ...path].map(({ timestamp }) => textOf(timestamp)));
  return {
    traceId: id,
    rootSessionId: id,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: records.length,
      entry_types: distinctTexts(path.map(({ type }) => textOf(type) ?? 'unknown')).toSorted(),
      stop_reasons: distinctTexts(answers.map(({ stopReason }) => stopReason)),
      session_version: header['version'] ?? undefined,
      models_used: filled(distinctTexts(path.map(modelOf))),
      token_usage: tokenUsage(answers),
      has_branches: hasBranches(entries) || undefined,
      bash_execution_count:
        messages.filter((message) => message['role'] === 'bashExecution' && isInContext(message)).length ||
        undefined,
      parent_session: textOf(header['parentSession']),
      tools: filled(tools) && jsonText(tools),
    }),
  };
}

/** A `leaf` sets where the conversation goes on: it and what follows it come after its target. */
function withTarget(entry: JsonObject): JsonObject {
  return entry['type'] === 'leaf' ? { ...entry, parentId: entry['targetId'] ?? null } : entry;
}

function addEntry(transcript: Transcript, entry: JsonObject, skips: Skips): void {
  const { type, summary, content, message } = entry;
  if (type === 'compaction' || type === 'branch_summary') addSummary(transcript, summary);
  // Extensions add these for the model; `display` only decides whether the screen shows them.
  else if (type === 'custom_message') transcript.addMessage('user', content ?? '', 'meta');
  else if (type === 'message') {
    if (isObject(message)) addMessage(transcript, message, skips);
    else skips.add('messages that are no objects');
  }
}

function addSummary(transcript: Transcript, summary: Json | undefined): void {
  if (textOf(summary) !== undefined) transcript.addMessage('system', summary, 'summary');
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const content = message['content'] ?? '';
  switch (message['role']) {
    case 'system':
      return transcript.addMessage('system', promptOf(message));
    case 'user':
      return transcript.addMessage('user', content, isTyped(message) ? undefined : 'meta');
    case 'assistant':
      addAssistant(transcript, content, skips);
      return addFailure(transcript, message);
    case 'toolResult': {
      const callId = idOf(message['toolCallId']);
      if (callId === undefined) return skips.add('tool results without a call id');
      return transcript.addResult(callId, content, message['isError'] === true);
    }
    case 'bashExecution':
      if (isInContext(message)) transcript.addMessage('user', bashText(message));
      return;
    case 'custom':
      return transcript.addMessage('user', content, 'meta');
    case 'compactionSummary':
    case 'branchSummary':
      return addSummary(transcript, message['summary']);
    default:
      return skips.add('messages with an unknown role');
  }
}

/** A system prompt, or the sections of it that changed. */
function promptOf({ content, sections }: JsonObject): Json {
  const changed = Object.values(objectOf(sections)).filter((section) => typeof section === 'string');
  const blocks = [...contentBlocks(content), ...contentBlocks(changed)].filter(({ text }) => text !== '');
  return blocks.length === 1 ? (blocks[0]?.text ?? '') : blocks;
}

/** The tools that the model has at the end: system messages add and remove them. */
function toolsOf(messages: readonly JsonObject[]): readonly JsonObject[] {
  const tools = new Map<Json | undefined, JsonObject>();
  for (const { role, toolsAdded, toolsRemoved } of messages) {
    if (role !== 'system') continue;
    for (const { name } of objectsOf(toolsRemoved)) tools.delete(name);
    for (const tool of objectsOf(toolsAdded)) tools.set(tool['name'], openAiTool(tool));
  }
  return [...tools.values()];
}

/** In OpenClaw, other sessions and the program itself write in the user's name. */
function isTyped({ provenance }: JsonObject): boolean {
  const { kind } = objectOf(provenance);
  return kind !== 'inter_session' && kind !== 'internal_system';
}

function addAssistant(transcript: Transcript, content: Json, skips: Skips): void {
  const texts: (string | undefined)[] = [];
  const reasoning: string[] = [];
  const calls: CallPart[] = [];
  const others: JsonObject[] = [];
  for (const block of Array.isArray(content) ? listOf(content) : [content]) {
    const { type, text, thinking, id, name, arguments: given } = objectOf(block);
    if (typeof block === 'string') texts.push(block);
    else if (type === 'text') texts.push(textOf(text));
    else if (type === 'thinking') reasoning.push(...distinctTexts([thinking]));
    else if (type === 'toolCall') {
      const tool = textOf(name);
      if (tool === undefined) skips.add('tool calls without a name');
      else calls.push({ id: idOf(id), name: tool, arguments: given });
    } else if (isObject(block) && typeof type === 'string') others.push(block);
  }
  const joined = texts.filter((text) => text !== undefined && text !== '').join('\n\n');
  if (joined === '' && others.length + reasoning.length + calls.length === 0) return;
  transcript.addAssistant({ content: [textBlock(joined), ...contentBlocks(others)], reasoning, calls });
}

/** The error of a failed or aborted request, after the part of the response that exists. */
function addFailure(transcript: Transcript, { errorMessage }: JsonObject): void {
  if (textOf(errorMessage) !== undefined) transcript.addMessage('system', errorMessage, 'error');
}

/** A command that the user ran is part of the model's context unless the user excluded it. */
function isInContext(message: JsonObject): boolean {
  return message['excludeFromContext'] !== true;
}

/** The text with which Pi reports the command to the model. */
function bashText({ command, output, exitCode, cancelled, truncated, fullOutputPath }: JsonObject): string {
  const shown = textOf(output);
  const exit = exitCode === undefined || exitCode === null || exitCode === 0 ? undefined : jsonText(exitCode);
  return [
    `Ran \`${textOf(command) ?? ''}\`\n${shown === undefined ? '(no output)' : `\`\`\`\n${shown}\n\`\`\``}`,
    ...(cancelled === true ? ['(command cancelled)'] : []),
    ...(cancelled !== true && exit !== undefined ? [`Command exited with code ${exit}`] : []),
    ...(truncated === true
      ? [`[Output truncated. Full output: ${textOf(fullOutputPath) ?? 'not kept'}]`]
      : []),
  ].join('\n\n');
}

function modelOf({ type, modelId, message }: JsonObject): Json | undefined {
  if (type === 'model_change') return modelId;
  const { role, model } = objectOf(message);
  return type === 'message' && role === 'assistant' ? model : undefined;
}

function tokenUsage(answers: readonly JsonObject[]): JsonObject | undefined {
  const usages = answers.map(({ usage }) => usage).filter(isObject);
  return tokenSums(usages, ['input', 'output', 'cacheWrite', 'cacheRead']);
}

/** True when some entry has several children, so that part of the file is not on the active path. */
function hasBranches(entries: readonly JsonObject[]): boolean {
  const parents = entries.map(({ parentId }) => idOf(parentId)).filter((id) => id !== undefined);
  return new Set(parents).size < parents.length;
}
