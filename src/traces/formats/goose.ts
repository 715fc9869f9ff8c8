import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import {
  compact,
  decodedJson,
  distinctTexts,
  filled,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../fields.js';
import {
  columnsOf,
  type Database,
  type Machine,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import type { MessageKind } from '../message.js';
import { extensionOf, nameOf } from '../paths.js';
import { groupBy, rootOf, type Parents } from '../sessions.js';
import { createSkips, type Skips } from '../skips.js';
import { millisecondsAsTime, secondsAsTime, timeOf, timeSpan } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * Goose: a database since version 1.10; before that, a file of JSON Lines per session that begins with a line about
 * it. In either, and in what `goose session export` writes, a message is a list of contents by type. Two marks say
 * whether the user and the agent see it: a compaction hides the old messages from the agent, and its summary from the
 * user.
 */
export const goose: RolloutFormat = {
  name: 'goose',
  filePattern: '*.jsonl, *.json, sessions.db',
  // The database has the sessions of the files, which stay where they were.
  defaultFolders: (machine) =>
    sessionFolders(machine).map((folder) => {
      const database = join(folder, 'sessions.db');
      return existsSync(database) ? database : folder;
    }),
  owns: (path) => nameOf(path) === 'sessions.db' || ['.jsonl', '.json'].includes(extensionOf(path)),
  recognises,
  sessionIds: (database) =>
    database.rows('SELECT * FROM sessions').flatMap((row) => (isSubAgent(row) ? [] : [String(row['id'])])),
  parse,
};

/** On Linux and macOS, on Windows, and of the application on macOS. */
function sessionFolders({ env, homeDir }: Machine): readonly string[] {
  const { GOOSE_PATH_ROOT: root, XDG_DATA_HOME: data, APPDATA: roaming } = env;
  if (root) return [join(root, 'data', 'sessions')];
  return [
    join(data || join(homeDir, '.local', 'share'), 'goose', 'sessions'),
    join(homeDir, 'Library', 'Application Support', 'Block', 'goose', 'sessions'),
    ...(roaming ? [join(roaming, 'Block', 'goose', 'data', 'sessions')] : []),
  ];
}

function recognises(content: TraceContent): boolean {
  if (content.kind === 'database') return columnsOf(content.database, 'messages').has('content_json');
  if (content.kind === 'lines') return content.records.slice(0, 20).some(isMessage);
  const { conversation, working_dir: folder } = content.document;
  return typeof folder === 'string' && Array.isArray(conversation);
}

/** The time of a message is a number under this name in no other format. */
function isMessage({ role, created, content }: JsonObject): boolean {
  return (role === 'user' || role === 'assistant') && typeof created === 'number' && Array.isArray(content);
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const traces =
    content.kind === 'database'
      ? sessionsOf(content.database, skips)
      : [
          content.kind === 'document'
            ? parseSession(content.document, objectsOf(content.document['conversation']), stem, skips)
            : parseLines(content.records, stem, skips),
        ];
  return { traces, skipped: skips.findings() };
}

function parseLines(records: readonly JsonObject[], stem: string, skips: Skips): Trace {
  const header = records.find(({ role }) => role === undefined);
  const messages = records.filter((record) => record !== header);
  return parseSession({ ...header, name: header?.['description'] ?? null }, messages, stem, skips);
}

function sessionsOf(database: Database, skips: Skips): readonly Trace[] {
  // Numbers of rows grow; a compaction writes all messages of a session again.
  const rows = groupBy(database.rows('SELECT * FROM messages ORDER BY id'), (row) => row['session_id']);
  const sessions = database.rows('SELECT * FROM sessions ORDER BY created_at, id');
  const parents = new Map(sessions.map((row) => [idOf(row['id']), idOf(row['parent_session_id'])]));
  return sessions.map((session) => {
    const messages = (rows.get(session['id']) ?? []).map((row) => ({
      id: row['message_id'] ?? null,
      role: row['role'] ?? null,
      created: row['created_timestamp'] ?? null,
      content: decodedJson(row['content_json']) ?? null,
      metadata: decodedJson(row['metadata_json']) ?? null,
    }));
    const facts = { ...session, model_config: decodedJson(session['model_config_json']) ?? null };
    return parseSession(facts, messages, 'session', skips, parents);
  });
}

function isSubAgent({ session_type: type }: JsonObject): boolean {
  return /^sub_?agent$/.test(String(type));
}

function parseSession(
  session: JsonObject,
  messages: readonly JsonObject[],
  stem: string,
  skips: Skips,
  parents: Parents = new Map(),
): Trace {
  const transcript = createTranscript();
  const joined = joinedAnswers(messages);
  const later = new Set<string>();
  // A prompt that was kept over a compaction is there twice: before the summary it is seen by no side.
  const isCopied = joined
    .toReversed()
    .map((message) => {
      const text = JSON.stringify(message['content'] ?? null);
      const isAgain = later.has(text);
      later.add(text);
      return isAgain && isHidden(message, 'agentVisible') && isHidden(message, 'userVisible');
    })
    .toReversed();
  let isCompacted = false;
  for (const [at, message] of joined.entries()) {
    isCompacted ||= isHidden(message, 'agentVisible');
    if (isCopied[at] !== true) addMessage(transcript, message, isCompacted, skips);
  }
  const id = idOf(session['id']) ?? stem;
  const isSide = isSubAgent(session);
  const cwd = textOf(session['working_dir']);
  const span = timeSpan(messages.map(({ created }) => timeOfNumber(created)));
  const usage = objectOf(session['accumulated_usage']);
  const tokens = compact({
    input_tokens: session['accumulated_input_tokens'] ?? usage['input_tokens'] ?? undefined,
    output_tokens: session['accumulated_output_tokens'] ?? usage['output_tokens'] ?? undefined,
  });
  return {
    traceId: id,
    rootSessionId: isSide ? rootOf(id, parents) : id,
    agentId: isSide ? id : undefined,
    isSidechain: isSide,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest ?? timeOf(session['created_at']),
    endedAt: span.latest ?? timeOf(session['updated_at']),
    messages: transcript.messages(),
    meta: compact({
      record_count: messages.length,
      title: textOf(session['name']) ?? textOf(session['description']),
      session_type: textOf(session['session_type']),
      parent_session_id: textOf(session['parent_session_id']),
      model_provider: textOf(session['provider_name']),
      models_used: filled(distinctTexts([objectOf(session['model_config'])['model_name']])),
      token_usage: filled(tokens),
    }),
  };
}

/** A streamed answer may be there as several messages with one id. */
function joinedAnswers(messages: readonly JsonObject[]): readonly JsonObject[] {
  const answers: { readonly first: JsonObject; readonly content: Json[] }[] = [];
  for (const message of messages) {
    const { id, role, content } = message;
    const last = answers.at(-1);
    const isMore = role === 'assistant' && idOf(id) !== undefined && last?.first['id'] === id;
    if (last && isMore && Array.isArray(content)) last.content.push(...listOf(content));
    else answers.push({ first: message, content: Array.isArray(content) ? [...listOf(content)] : [] });
  }
  return answers.map(({ first, content }) =>
    Array.isArray(first['content']) ? { ...first, content } : first,
  );
}

/** Seconds, in later versions also milliseconds. */
function timeOfNumber(value: Json | undefined): string | undefined {
  return typeof value === 'number' && value >= 1e10 ? millisecondsAsTime(value) : secondsAsTime(value);
}

function isHidden({ metadata }: JsonObject, mark: 'agentVisible' | 'userVisible'): boolean {
  return objectOf(metadata)[mark] === false;
}

/** @param isCompacted an earlier message was hidden from the agent */
function addMessage(transcript: Transcript, message: JsonObject, isCompacted: boolean, skips: Skips): void {
  const { role, content } = message;
  if (role !== 'user' && role !== 'assistant') return skips.add('messages with an unknown role');
  if (content === undefined || content === null) return skips.add('messages whose content is no JSON');
  const parts = Array.isArray(content) ? listOf(content) : [content];
  const calls: CallPart[] = [];
  const thoughts: string[] = [];
  let before: Json | undefined;
  const rest: Json[] = [];
  for (const part of parts) {
    const { type, thinking, text } = objectOf(part);
    if (type === 'toolRequest' || type === 'frontendToolRequest')
      calls.push(...callIn(objectOf(part), skips));
    else if (type === 'toolResponse') addResponse(transcript, objectOf(part));
    else if (type === 'thinking' || type === 'reasoning') {
      // A streamed thought is there in pieces, down to a part for each token.
      const piece = textOf(thinking ?? text) ?? '';
      if (before === type) thoughts.push((thoughts.pop() ?? '') + piece);
      else thoughts.push(piece);
    } else if (!isObject(part) || type === 'text' || type === 'image') rest.push(part);
    // All others are for the screen: notices, questions, ciphers.
    before = type;
  }
  // Goose writes in the name of both.
  const isOwn = isHidden(message, 'userVisible') && calls.length === 0;
  if (role === 'user') {
    const kind: MessageKind = isCompacted ? 'summary' : 'meta';
    transcript.addMessage('user', rest, isOwn ? kind : undefined);
  } else if (isOwn) transcript.addMessage('system', rest, 'meta');
  else {
    const response = idOf(message['id']);
    transcript.addAssistant({
      response,
      content: contentBlocks(rest),
      reasoning: distinctTexts(thoughts),
      calls,
    });
  }
}

function callIn({ id, toolCall }: JsonObject, skips: Skips): readonly CallPart[] {
  const call = objectOf(toolCall);
  const { name, arguments: given } = isObject(call['value']) ? call['value'] : call;
  const tool = textOf(name);
  if (tool !== undefined) return [{ id: idOf(id), name: tool, arguments: given }];
  skips.add('tool calls without a name');
  return [];
}

/** A tool may answer the user and the model in different words; those of the model are kept. */
function addResponse(transcript: Transcript, { id, toolResult }: JsonObject): void {
  const { value, error } = objectOf(toolResult);
  const { content, isError, structuredContent } = objectOf(value);
  const blocks = listOf(Array.isArray(value) ? value : content).flatMap((block) => {
    const { annotations, resource } = objectOf(block);
    const { audience } = objectOf(annotations);
    if (Array.isArray(audience) && audience.length > 0 && !audience.includes('assistant')) return [];
    return [textOf(objectOf(resource)['text']) ?? block];
  });
  const result = textOf(error) ?? filled(blocks) ?? structuredContent ?? '';
  transcript.addResult(idOf(id), result, textOf(error) !== undefined || isError === true);
}
