import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { addBlocks } from '../anthropic-blocks.js';
import { extensionFolders } from '../editor-storage.js';
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
} from '../fields.js';
import type {
  Machine,
  ParsedTraces,
  RolloutFormat,
  Surroundings,
  Trace,
  TraceContent,
  TraceFile,
} from '../format.js';
import type { MessageKind } from '../message.js';
import { nameOf } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { millisecondsAsTime } from '../timestamps.js';
import { createTranscript, type Transcript } from '../transcript.js';

const HISTORY = 'api_conversation_history.json';
const MESSAGES = /\.messages\.json$/;

/**
 * Cline and Roo Code. Since its version 4, Cline has a folder per session with a document of messages for the session
 * and each of its sub-agents, and one of facts. Before that, and in Roo Code, there is a folder per task, named after
 * the time it began, with a list of messages. In either, messages have Anthropic's layout.
 */
export const cline: RolloutFormat = {
  name: 'cline',
  filePattern: `${HISTORY}, *.messages.json`,
  defaultFolders,
  owns: (path) => nameOf(path) === HISTORY || MESSAGES.test(path),
  isPart: (path) => PARTS.test(path),
  recognises: (content: TraceContent) =>
    content.kind === 'lines'
      ? content.records.slice(0, 1).some(isTask)
      : content.kind === 'document' && isSession(content.document),
  complete: withFacts,
  parse,
};

/** What repeats the conversation, and the facts of a session, which are read with its messages. */
const PARTS =
  /(?:^|\/)(?:(?:ui_messages|task_metadata|context_history|focus_chain|claude_messages|history_item)|[^/]+\.compaction|(\d{13}_[a-z\d]{5})\/\1)\.json$/;

function defaultFolders(machine: Machine): readonly string[] {
  const { CLINE_DIR: home, CLINE_DATA_DIR: data, CLINE_SESSION_DATA_DIR: sessions } = machine.env;
  const own = data || join(home || join(machine.homeDir, '.cline'), 'data');
  const editors = extensionFolders(machine, [
    join('saoudrizwan.claude-dev', 'tasks'),
    join('rooveterinaryinc.roo-cline', 'tasks'),
  ]);
  return [...editors, join(own, 'tasks'), sessions || join(own, 'sessions')];
}

/** The first message has the task, and what the editor shows. */
function isTask({ role, content }: JsonObject): boolean {
  return (
    role === 'user' &&
    objectsOf(content).some(
      ({ text }) => typeof text === 'string' && /^\s*<(?:task|user_message|environment_details)>/.test(text),
    )
  );
}

function isSession({ agent, sessionId, origin, messages }: JsonObject): boolean {
  return (
    typeof agent === 'string' && idOf(sessionId) !== undefined && isObject(origin) && Array.isArray(messages)
  );
}

/** The facts beside the messages, which the session and its sub-agents share. */
async function withFacts(content: TraceContent, { path, read }: Surroundings): Promise<TraceContent> {
  if (content.kind !== 'document' || !MESSAGES.test(path)) return content;
  const folder = path.slice(0, path.lastIndexOf('/'));
  const facts = await read(`${folder}/${nameOf(folder)}.json`);
  const manifest = facts?.kind === 'document' ? facts.document : {};
  return { kind: 'document', document: { ...content.document, manifest } };
}

function parse({ content, stem, folder }: TraceFile): ParsedTraces {
  const skips = createSkips();
  if (content.kind === 'document') {
    const traces = isSession(content.document) ? [parseSession(content.document, folder, skips)] : [];
    return { traces, skipped: skips.findings() };
  }
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const id = `${stem}.json` === HISTORY ? folder : stem;
  const { startedAt, ...trace } = parseMessages(content.records, skips);
  const begin = startedAt ?? (/^\d{13}$/.test(id) ? millisecondsAsTime(Number(id)) : undefined);
  return {
    traces: [{ traceId: id, rootSessionId: id, startedAt: begin, ...trace }],
    skipped: skips.findings(),
  };
}

function parseSession(session: JsonObject, folder: string, skips: Skips): Trace {
  const manifest = objectOf(session['manifest']);
  const origin = objectOf(session['origin']);
  const id = idOf(session['sessionId']) ?? folder;
  const isLead = session['agent'] === 'lead';
  const messages = objectsIn(session['messages'], skips, 'messages');
  const trace = parseMessages(messages, skips, session['system_prompt']);
  const cwd = textOf(manifest['cwd']);
  return {
    traceId: id,
    rootSessionId: isLead ? id : (id.split('__')[0] ?? id),
    agentId: isLead ? undefined : (idOf(origin['subagent']) ?? id),
    isSidechain: !isLead,
    cwd,
    projectPath: textOf(manifest['workspace_root']) ?? cwd,
    ...trace,
    meta: compact({
      ...trace.meta,
      title: textOf(objectOf(manifest['metadata'])['title']),
      source: textOf(origin['source']),
      cli_version: textOf(origin['version']),
      parent_session_id: isLead ? undefined : textOf(origin['parentThreadId']),
    }),
  };
}

function parseMessages(
  messages: readonly JsonObject[],
  skips: Skips,
  systemPrompt?: Json,
): Pick<Trace, 'messages' | 'meta' | 'startedAt' | 'endedAt'> {
  const transcript = createTranscript();
  transcript.addMessage('system', systemPrompt);
  for (const message of messages) addMessage(transcript, message, skips);
  const times = messages.map(({ ts }) => millisecondsAsTime(ts)).filter((time) => time !== undefined);
  const metrics = messages.map((message) => message['metrics']).filter(isObject);
  const isCounted = metrics.some(({ inputTokens }) => typeof inputTokens === 'number');
  return {
    startedAt: times[0],
    endedAt: times.at(-1),
    messages: transcript.messages(),
    meta: compact({
      record_count: messages.length,
      models_used: filled(distinctTexts(messages.map(modelOf))),
      token_usage: isCounted
        ? tokenSums(metrics, ['inputTokens', 'outputTokens', 'cacheWriteTokens', 'cacheReadTokens'])
        : undefined,
    }),
  };
}

function modelOf({ modelInfo }: JsonObject): Json | undefined {
  const { id, modelId } = objectOf(modelInfo);
  return id ?? modelId;
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content } = message;
  if (role === 'assistant') {
    addBlocks(transcript, role, [...thoughtsBeside(message), ...blocksOf(content)], { skips });
  } else if (role === 'user') {
    const blocks = blocksOf(content);
    const typed = blocks.filter((block) => !isOfEditor(block)).map(withoutWrapper);
    addBlocks(transcript, role, typed, { skips, kind: kindOf(message) });
    transcript.addMessage('user', blocks.filter(isOfEditor), 'meta');
  } else skips.add('messages with an unknown role');
}

/** Roo Code: a condensed history keeps what it replaces; a mark says where the model's context was cut. */
function kindOf({ isSummary, isTruncationMarker }: JsonObject): MessageKind | undefined {
  if (isSummary === true) return 'summary';
  return isTruncationMarker === true ? 'meta' : undefined;
}

/** Roo Code keeps thoughts in blocks of its own, and marks of the model's service that say nothing. */
function blocksOf(content: Json | undefined): readonly Json[] {
  const blocks = Array.isArray(content)
    ? listOf(content)
    : textOf(content) === undefined
      ? []
      : [{ type: 'text', text: content ?? '' }];
  return blocks.flatMap((block) => {
    const { type, text } = objectOf(block);
    if (type === 'reasoning')
      return textOf(text) === undefined ? [] : [{ type: 'thinking', thinking: text ?? '' }];
    return type === 'thoughtSignature' ? [] : [block];
  });
}

function thoughtsBeside({
  reasoning_content: text,
  reasoning_details: details,
}: JsonObject): readonly JsonObject[] {
  const texts = distinctTexts([
    text,
    ...objectsOf(details).map((detail) => detail['text'] ?? detail['summary']),
  ]);
  return texts.map((thinking) => ({ type: 'thinking', thinking }));
}

/** What the editor shows is added to a prompt. */
function isOfEditor(block: Json): boolean {
  const { type, text } = objectOf(block);
  return (
    type === 'text' && /^\s*<environment_details>[^]*<\/environment_details>\s*$/.test(textOf(text) ?? '')
  );
}

/** The user's words are in `<task>`, `<user_message>` or, since version 4, `<user_input>`. */
function withoutWrapper(block: Json): Json {
  const { type, text } = objectOf(block);
  if (type !== 'text') return block;
  const said = (textOf(text) ?? '').replace(/^\s*<mode_notice>[^<]*<\/mode_notice>/, '');
  const typed = /^\s*<(task|user_message|feedback|user_input|user_command)\b([^>]*)>([^]*)<\/\1>\s*$/.exec(
    said,
  );
  if (!typed) return block;
  const slash = /slash="([^"]+)"/.exec(typed[2] ?? '')?.[1];
  const words = (typed[3] ?? '').trim();
  return { ...objectOf(block), text: slash === undefined ? words : `/${slash} ${words}`.trim() };
}
