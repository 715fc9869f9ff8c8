import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks, textBlock, withoutData } from '../content.js';
import { compact, distinctTexts, filled, idOf, objectOf, objectsOf, sumOf, textOf } from '../fields.js';
import type {
  Database,
  ParsedTraces,
  RolloutFormat,
  Surroundings,
  Trace,
  TraceContent,
  TraceFile,
} from '../format.js';
import type { ContentBlock } from '../message.js';
import { extensionOf, nameOf } from '../paths.js';
import { groupBy, rootOf, type Parents } from '../sessions.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { millisecondsAsTime } from '../timestamps.js';
import { createTranscript, type CallPart, type Transcript } from '../transcript.js';

/**
 * OpenCode: a database since version 1.2; before that, a file for every session, message and part below `storage`. In
 * either, and in what `opencode export` writes, a session is facts and messages, and a message is facts and parts.
 */
export const openCode: RolloutFormat = {
  name: 'opencode',
  filePattern: '*.json, *.db',
  defaultFolders: ({ env, homeDir }) => {
    const home = join(env['XDG_DATA_HOME'] || join(homeDir, '.local', 'share'), 'opencode');
    // The database has the sessions of the files, which stay where they were.
    const database = join(home, 'opencode.db');
    return existsSync(database) ? [database] : [join(home, 'storage'), database];
  },
  owns: (path) => extensionOf(path) === '.db' || (extensionOf(path) === '.json' && !isPart(path)),
  isPart,
  recognises,
  complete: withMessages,
  sessionIds: (database) =>
    database.rows('SELECT id FROM session WHERE parent_id IS NULL').map(({ id }) => String(id)),
  parse,
};

const OTHER_FOLDERS =
  /(?:^|\/)(?:message\/ses_[^/]+|part\/(?:ses_[^/]+\/)?msg_[^/]+|storage\/(?:message|part|project|todo|session_diff|share|migration)[^/]*)\//;

function isPart(path: string): boolean {
  return OTHER_FOLDERS.test(path);
}

function recognises(content: TraceContent): boolean {
  if (content.kind === 'database')
    return ['session', 'message', 'part'].every((table) => content.database.tables.has(table));
  return content.kind === 'document' && (isExport(content.document) || isSession(content.document));
}

function isExport({ info, messages }: JsonObject): boolean {
  return (
    isObject(info) &&
    idOf(info['id']) !== undefined &&
    Array.isArray(messages) &&
    objectsOf(messages).every((message) => isObject(message['info']) && Array.isArray(message['parts']))
  );
}

function isSession({ id, time, projectID, directory }: JsonObject): boolean {
  return (
    typeof id === 'string' &&
    id.startsWith('ses_') &&
    isObject(time) &&
    (projectID ?? directory) !== undefined
  );
}

/** The messages and parts of a session from the folders beside that of the sessions. */
async function withMessages(
  content: TraceContent,
  { path, list, read }: Surroundings,
): Promise<TraceContent> {
  if (content.kind !== 'document' || !isSession(content.document)) return content;
  const storage = /^(.*)\/session\/(?:[^/]+\/)*[^/]+$/.exec(path)?.[1];
  if (storage === undefined) return content;
  const documents = async (folder: string): Promise<readonly JsonObject[]> => {
    const found: JsonObject[] = [];
    for (const file of await list(folder)) {
      const other = file.endsWith('.json') ? await read(file) : undefined;
      if (other?.kind === 'document') found.push(other.document);
    }
    return found;
  };
  const messages: JsonObject[] = [];
  for (const info of inOrder(await documents(`${storage}/message/${String(content.document['id'])}`))) {
    const id = idOf(info['id']);
    messages.push({ info, parts: id === undefined ? [] : await documents(`${storage}/part/${nameOf(id)}`) });
  }
  return { kind: 'document', document: { info: content.document, messages } };
}

/** Ids grow with time; the clock decides where they are not OpenCode's own. */
function inOrder(messages: readonly JsonObject[]): readonly JsonObject[] {
  return messages.toSorted((a, b) => createdAt(a) - createdAt(b));
}

function createdAt({ time }: JsonObject): number {
  const { created } = objectOf(time);
  return typeof created === 'number' ? created : 0;
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const sessions =
    content.kind === 'database'
      ? sessionsOf(content.database)
      : content.kind === 'document' && isExport(content.document)
        ? [content.document]
        : [];
  const parents = new Map(
    sessions.map(({ info }) => [idOf(objectOf(info)['id']), idOf(objectOf(info)['parentID'])]),
  );
  const traces = sessions.map((session) => parseSession(session, stem, parents, skips));
  return { traces, skipped: skips.findings() };
}

/** The sessions of a database in the shape of an export: facts are columns, and those of messages are JSON text. */
function sessionsOf(database: Database): readonly JsonObject[] {
  const parts = groupBy(
    database.rows('SELECT id, message_id, data FROM part ORDER BY id'),
    (row) => row['message_id'],
  );
  const messages = groupBy(
    database.rows('SELECT id, session_id, time_created, data FROM message ORDER BY time_created, id'),
    (row) => row['session_id'],
  );
  return database.rows('SELECT * FROM session ORDER BY time_created, id').map((row) => ({
    info: {
      ...row,
      parentID: row['parent_id'] ?? null,
      time: { created: row['time_created'] ?? null, updated: row['time_updated'] ?? null },
      revert: parsed(row['revert']),
    },
    messages: (messages.get(row['id']) ?? []).map((message) => ({
      info: { ...parsed(message['data']), id: message['id'] ?? null },
      parts: (parts.get(message['id']) ?? []).map((part) => parsed(part['data'])),
    })),
  }));
}

function parsed(text: Json | undefined): JsonObject {
  return objectOf(jsonIn(String(text)));
}

function parseSession(session: JsonObject, stem: string, parents: Parents, skips: Skips): Trace {
  const info = objectOf(session['info']);
  const id = idOf(info['id']) ?? stem;
  const parent = idOf(info['parentID']);
  const all = objectsIn(session['messages'], skips, 'messages');
  // The user took back this message and all after it.
  const revert = idOf(objectOf(info['revert'])['messageID']);
  const at =
    revert === undefined ? -1 : all.findIndex((message) => objectOf(message['info'])['id'] === revert);
  const messages = at === -1 ? all : all.slice(0, at);
  const transcript = createTranscript();
  for (const message of messages) addMessage(transcript, message, skips);
  const facts = messages.map((message) => objectOf(message['info']));
  const { created, updated } = objectOf(info['time']);
  const cwd = textOf(info['directory']);
  return {
    traceId: id,
    rootSessionId: parent === undefined ? id : rootOf(parent, parents),
    agentId: parent === undefined ? undefined : id,
    isSidechain: parent !== undefined,
    cwd,
    projectPath: cwd,
    startedAt: millisecondsAsTime(created),
    endedAt: millisecondsAsTime(updated),
    messages: transcript.messages(),
    meta: compact({
      record_count: all.length,
      title: textOf(info['title']),
      cli_version: textOf(info['version']),
      parent_session_id: parent,
      models_used: filled(distinctTexts(facts.map((fact) => fact['modelID']))),
      token_usage: tokenUsage(facts),
      abandoned_messages: all.length - messages.length || undefined,
    }),
  };
}

function tokenUsage(facts: readonly JsonObject[]): JsonObject | undefined {
  const tokens = facts.map((fact) => fact['tokens']).filter(isObject);
  const caches = tokens.map(({ cache }) => objectOf(cache));
  return tokens.length === 0
    ? undefined
    : {
        input_tokens: sumOf(tokens, 'input'),
        output_tokens: sumOf(tokens, 'output'),
        reasoning_output_tokens: sumOf(tokens, 'reasoning'),
        cache_creation_input_tokens: sumOf(caches, 'write'),
        cache_read_input_tokens: sumOf(caches, 'read'),
      };
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const info = objectOf(message['info']);
  const parts = objectsIn(message['parts'], skips, 'parts');
  if (info['role'] === 'user') return addPrompt(transcript, parts);
  if (info['role'] !== 'assistant') return skips.add('messages with an unknown role');
  const kind = info['summary'] === true ? ('summary' as const) : undefined;
  for (const part of parts) addPart(transcript, part, idOf(info['id']), kind, skips);
  const { name, data } = objectOf(info['error']);
  transcript.addMessage('system', textOf(objectOf(data)['message']) ?? textOf(name), 'error');
}

/** Synthetic texts are written by OpenCode: contents of files, reminders. */
function addPrompt(transcript: Transcript, parts: readonly JsonObject[]): void {
  const typed: ContentBlock[] = [];
  const synthetic: ContentBlock[] = [];
  for (const part of parts) {
    const { type, text } = part;
    if (part['ignored'] === true) continue;
    const list = part['synthetic'] === true ? synthetic : typed;
    if (type === 'text' && textOf(text) !== undefined) list.push(textBlock(textOf(text) ?? ''));
    else if (type === 'file') list.push({ ...withoutData(part), type: 'file' });
    else if (type === 'subtask') list.push(...contentBlocks(part['prompt']));
  }
  if (typed.length > 0) transcript.addMessage('user', typed);
  if (synthetic.length > 0) transcript.addMessage('user', synthetic, 'meta');
}

function addPart(
  transcript: Transcript,
  part: JsonObject,
  messageId: string | undefined,
  kind: 'summary' | undefined,
  skips: Skips,
): void {
  const { type, text } = part;
  // Without an id the parts could not be joined.
  const response = messageId ?? 'answer';
  if (type === 'text') {
    const said = textOf(text);
    if (said !== undefined) transcript.addAssistant({ response, content: [textBlock(said)], kind });
  } else if (type === 'reasoning') {
    transcript.addAssistant({ response, reasoning: distinctTexts([text]), kind });
  } else if (type === 'tool') addCall(transcript, part, response, skips);
  // The results of the step before are known.
  else if (type === 'step-start') transcript.add({ kind: 'end' });
}

function addCall(transcript: Transcript, part: JsonObject, response: string, skips: Skips): void {
  const { callID, tool, state } = part;
  const { status, input, output, error, metadata } = objectOf(state);
  const name = textOf(tool);
  if (name === undefined) return skips.add('tool calls without a name');
  const id = idOf(callID) ?? idOf(part['id']);
  const call: CallPart = { id, name, arguments: input };
  transcript.addAssistant({ response, calls: [call] });
  const isError = status === 'error';
  const result = isError ? (error ?? output) : (output ?? objectOf(metadata)['output']);
  if (id !== undefined && result !== undefined) transcript.addResult(id, result, isError);
}
