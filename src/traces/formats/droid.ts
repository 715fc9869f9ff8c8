import { join } from 'node:path';
import type { JsonObject } from '../../core/json.js';
import { addBlocks } from '../anthropic-blocks.js';
import { activePath } from '../active-path.js';
import { compact, distinctTexts, filled, idOf, objectOf, objectsOf, textOf } from '../fields.js';
import type { ParsedTraces, RolloutFormat, TraceContent, TraceFile } from '../format.js';
import type { MessageKind } from '../message.js';
import { extensionOf } from '../paths.js';
import { createSkips, type Skips } from '../skips.js';
import { timeSpan } from '../timestamps.js';
import { createTranscript, type Transcript } from '../transcript.js';

/**
 * Droid, of Factory: one JSONL file per session that begins with `session_start`; messages have Anthropic's layout and
 * form a tree. The settings beside a session are not read.
 */
export const droid: RolloutFormat = {
  name: 'droid',
  filePattern: '*.jsonl',
  defaultFolders: ({ homeDir }) => [join(homeDir, '.factory', 'sessions')],
  owns: (path) => extensionOf(path) === '.jsonl',
  isPart: (path) => path.endsWith('.settings.json'),
  recognises: (content: TraceContent) =>
    content.kind === 'lines' && content.records.slice(0, 20).some(isHeader),
  parse,
};

function isHeader({ type, id }: JsonObject): boolean {
  return type === 'session_start' && idOf(id) !== undefined;
}

function isMessage({ type }: JsonObject): boolean {
  return type === 'message';
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const header = objectOf(content.records.find(isHeader));
  const entries = content.records.filter((record) => !isHeader(record));
  const path = activePath(entries);
  const transcript = createTranscript();
  for (const entry of path) addEntry(transcript, entry, skips);
  const id = idOf(header['id']) ?? stem;
  const cwd = textOf(header['cwd']);
  const caller = idOf(header['callingSessionId']);
  const parent = textOf(header['parent'] ?? header['parentSessionId']);
  const isFork = textOf(header['forkedAtMessageId']) !== undefined;
  const span = timeSpan([header, ...path].map(({ timestamp }) => textOf(timestamp)));
  const trace = {
    traceId: id,
    rootSessionId: caller ?? id,
    agentId: caller === undefined ? undefined : id,
    isSidechain: caller !== undefined,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: content.records.length,
      session_version: header['version'] ?? undefined,
      title: textOf(header['title']),
      parent_session_id: isFork ? undefined : parent,
      forked_from_id: isFork ? parent : undefined,
      parent_tool_call_id: textOf(header['callingToolUseId']),
      models_used: filled(distinctTexts(path.map(({ message }) => objectOf(message)['model']))),
      abandoned_messages: entries.filter(isMessage).length - path.filter(isMessage).length || undefined,
    }),
  };
  return { traces: [trace], skipped: skips.findings() };
}

function addEntry(transcript: Transcript, entry: JsonObject, skips: Skips): void {
  const { type, message } = entry;
  if (type === 'compaction_state') {
    const summary = entry['summaryText'] ?? entry['summary'];
    return transcript.addMessage('system', summary, 'summary');
  }
  if (type !== 'message') return;
  const { role, content, visibility } = objectOf(message);
  // What only the user saw was never sent to the model.
  if (visibility === 'user_only') return;
  if (role === 'user' || role === 'assistant') {
    const isHidden = visibility === 'llm_only' && !hasResults(content);
    const kind = role === 'user' ? (isHidden ? 'meta' : kindOf(content)) : undefined;
    addBlocks(transcript, role, content, { skips, kind });
  } else if (role === 'system') transcript.addMessage('system', content);
  else skips.add('messages with an unknown role');
}

function hasResults(content: JsonObject[string] | undefined): boolean {
  return objectsOf(content).some(({ type }) => type === 'tool_result');
}

/** Reminders that Droid sends in the name of the user. */
function kindOf(content: JsonObject[string] | undefined): MessageKind | undefined {
  const blocks = (Array.isArray(content) ? content : [content ?? null]).filter(
    (block) => objectOf(block)['type'] !== 'tool_result',
  );
  const isReminder = (block: JsonObject[string]): boolean =>
    /^\s*<system-reminder>/.test(textOf(typeof block === 'string' ? block : objectOf(block)['text']) ?? '');
  return blocks.length > 0 && blocks.every((block) => isReminder(block ?? null)) ? 'meta' : undefined;
}
