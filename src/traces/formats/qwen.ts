import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { activePath } from '../active-path.js';
import {
  compact,
  distinctTexts,
  filled,
  firstText,
  idOf,
  objectOf,
  objectsOf,
  sumOf,
  textOf,
} from '../fields.js';
import type { ParsedTraces, RolloutFormat, Surroundings, TraceContent, TraceFile } from '../format.js';
import type { Message, MessageKind } from '../message.js';
import { extensionOf } from '../paths.js';
import { createSkips, type Skips } from '../skips.js';
import { timeSpan } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';
import { outcomeOf, readParts } from './gemini/parts.js';

/**
 * Qwen Code: one JSONL file per session. Its records form a tree, as those of Claude Code do, and their messages have
 * the parts of Gemini's protocol.
 */
export const qwenCode: RolloutFormat = {
  name: 'qwen_code',
  filePattern: '*.jsonl',
  defaultFolders: ({ env, homeDir }) => {
    const home = env['QWEN_HOME'] || join(homeDir, '.qwen');
    return [join(home, 'projects'), join(home, 'tmp')];
  },
  owns: (path) =>
    extensionOf(path) === '.jsonl' &&
    path.split('/').some((part) => part === 'chats' || part === 'subagents'),
  isPart: (path) => /(?:^|\/)agent-[^/]+\.meta\.json$/.test(path),
  recognises,
  complete: withMeta,
  parse,
};

const META = '$meta';

/** The file beside that of a sub-agent says which call started it. */
async function withMeta(content: TraceContent, { path, read }: Surroundings): Promise<TraceContent> {
  if (content.kind !== 'lines' || !/\/agent-[^/]+\.jsonl$/.test(path)) return content;
  const meta = await read(path.replace(/\.jsonl$/, '.meta.json'));
  return meta?.kind === 'document'
    ? { ...content, records: [...content.records, { [META]: meta.document }] }
    : content;
}

function recognises(content: TraceContent): boolean {
  return content.kind === 'lines' && content.records.slice(0, 20).some(isQwenMessage);
}

function isQwenMessage({ type, message, sessionId, uuid }: JsonObject): boolean {
  return (
    (type === 'user' || type === 'assistant' || type === 'tool_result') &&
    (sessionId ?? uuid) !== undefined &&
    Array.isArray(objectOf(message)['parts'])
  );
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const agentMeta = objectOf(content.records.find((record) => META in record)?.[META]);
  const records = content.records.filter((record) => !(META in record));
  const path = activePath(records, 'uuid', 'parentUuid');
  const transcript = createTranscript();
  for (const record of path) addRecord(transcript, record, skips);
  const fact = (key: string): string | undefined => firstText(path.map((record) => record[key]));
  const id = fact('sessionId') ?? stem;
  const span = timeSpan(path.map(({ timestamp }) => textOf(timestamp)));
  const usages = path.map(({ usageMetadata }) => usageMetadata).filter(isObject);
  const abandoned = records.filter(isQwenMessage).length - path.filter(isQwenMessage).length;
  const agent = path.some(({ isSidechain }) => isSidechain === true) ? (fact('agentId') ?? stem) : undefined;
  const trace = {
    traceId: agent === undefined ? id : `${id}:${agent}`,
    rootSessionId: id,
    agentId: agent,
    isSidechain: agent !== undefined,
    cwd: fact('cwd'),
    projectPath: fact('cwd'),
    gitBranch: fact('gitBranch'),
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: records.length,
      cli_version: fact('version'),
      models_used: filled(distinctTexts(path.map(({ model }) => model))),
      token_usage: filled(
        usages.length === 0
          ? {}
          : {
              input_tokens: sumOf(usages, 'promptTokenCount'),
              cached_input_tokens: sumOf(usages, 'cachedContentTokenCount'),
              output_tokens: sumOf(usages, 'candidatesTokenCount'),
              reasoning_output_tokens: sumOf(usages, 'thoughtsTokenCount'),
              total_tokens: sumOf(usages, 'totalTokenCount'),
            },
      ),
      abandoned_messages: abandoned || undefined,
      forked_from_id: firstText(path.map(({ forkedFrom }) => objectOf(forkedFrom)['sessionId'])),
      parent_tool_call_id: textOf(agentMeta['toolUseId']),
    }),
  };
  return { traces: [trace], skipped: skips.findings() };
}

function addRecord(transcript: Transcript, record: JsonObject, skips: Skips): void {
  const { type, message } = record;
  const { content, reasoning, calls, results } = readParts(objectOf(message)['parts'] ?? []);
  if (type === 'system') return addSummary(transcript, record);
  if (type === 'user')
    transcript.addMessage('user', content.length > 0 ? content : undefined, kindOf(record));
  else if (type === 'assistant') {
    const parts: CallPart[] = [];
    for (const { id, name, args } of calls) {
      const tool = textOf(name);
      if (tool === undefined) skips.add('tool calls without a name');
      else parts.push({ id: idOf(id), name: tool, arguments: args });
    }
    transcript.addAssistant({ content, reasoning, calls: parts });
  } else if (type !== 'tool_result') skips.add('records of an unknown kind');
  const { callId, status } = objectOf(record['toolCallResult']);
  for (const { id, response } of results) {
    const outcome = outcomeOf(response);
    const isError = outcome.isError || status === 'error' || status === 'cancelled';
    transcript.addResult(idOf(id) ?? idOf(callId), outcome.content, isError);
  }
}

/** What the program says in the user's name: notifications, scheduled prompts, reminders of a goal. */
function kindOf({ subtype, provenance, externalInputKind }: JsonObject): MessageKind | undefined {
  const isOwn =
    FROM_PROGRAM.has(subtype) || FROM_PROGRAM.has(provenance) || externalInputKind === 'notification';
  return isOwn ? 'meta' : undefined;
}

const FROM_PROGRAM: ReadonlySet<Json | undefined> = new Set([
  'notification',
  'background_task_completed',
  'cron',
  'goal_runtime',
  'goal_control',
  'system',
]);

/** A compression keeps the history that the model goes on with, which begins with the summary. */
function addSummary(transcript: Transcript, { subtype, systemPayload }: JsonObject): void {
  if (subtype !== 'chat_compression') return;
  const [first] = objectsOf(objectOf(systemPayload)['compressedHistory']);
  const { content } = readParts(objectOf(first)['parts'] ?? []);
  const isKnown = (message: Message): boolean => JSON.stringify(message.content) === JSON.stringify(content);
  if (!transcript.messages().some(isKnown)) transcript.addMessage('system', content, 'summary');
}
