import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { attempt } from '../../../core/regular-file.js';
import {
  compact,
  decodedJson,
  distinctTexts,
  filled,
  idOf,
  objectOf,
  objectsOf,
  sumOf,
  textOf,
} from '../../fields.js';
import {
  columnsOf,
  type Database,
  type Machine,
  type ParsedTraces,
  type RolloutFormat,
  type Surroundings,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../../format.js';
import { extensionOf, nameOf } from '../../paths.js';
import { groupBy, rootOf, type Parents } from '../../sessions.js';
import { createSkips, objectsIn, type Skips } from '../../skips.js';
import { millisecondsAsTime } from '../../timestamps.js';
import { createTranscript } from '../../transcript.js';
import { addMessage } from './parts.js';
import { addSessionMessage } from './session-messages.js';

/**
 * OpenCode: a database since version 1.2; before that, a file for every session, message and part below `storage`. In
 * either, and in what `opencode export` writes, a session is facts and messages, and a message is facts and parts.
 * Version 2 of the session engine has a table of its own, in which a message is whole and has a type.
 */
export const openCode: RolloutFormat = {
  name: 'opencode',
  filePattern: '*.json, *.db',
  defaultFolders,
  owns: (path) => extensionOf(path) === '.db' || (extensionOf(path) === '.json' && !isPart(path)),
  isPart,
  recognises,
  complete: withMessages,
  sessionIds: (database) =>
    database.rows('SELECT id FROM session WHERE parent_id IS NULL').map(({ id }) => String(id)),
  parse,
};

/** The database has the sessions of the files, which stay where they were. Test builds have a database of their own. */
function defaultFolders({ env, homeDir }: Machine): readonly string[] {
  const home = join(env['XDG_DATA_HOME'] || join(homeDir, '.local', 'share'), 'opencode');
  const { OPENCODE_DB: own } = env;
  if (own && /\.(?:db|sqlite3?)$/.test(own)) return [resolve(home, own)];
  const names = attempt(() => readdirSync(home));
  const databases = (names.ok ? names.value : []).filter((name) => /^opencode(?:-[\w.-]+)?\.db$/.test(name));
  return databases.length > 0
    ? databases.toSorted().map((name) => join(home, name))
    : [join(home, 'storage'), join(home, 'opencode.db')];
}

const OTHER_FOLDERS =
  /(?:^|\/)(?:message\/ses_[^/]+|part\/(?:ses_[^/]+\/)?msg_[^/]+|storage\/(?:message|part|project|todo|session_diff|share|migration)[^/]*)\//;

function isPart(path: string): boolean {
  return OTHER_FOLDERS.test(path);
}

function recognises(content: TraceContent): boolean {
  if (content.kind === 'database')
    return hasAll(content.database, ['message', 'part']) || hasWhole(content.database);
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
  const inParts = messagesInParts(database);
  const whole = wholeMessages(database);
  return database.rows('SELECT * FROM session ORDER BY time_created, id').map((row) => {
    const [first, second] = [inParts.get(row['id']) ?? [], whole.get(row['id']) ?? []];
    return {
      info: {
        ...row,
        parentID: row['parent_id'] ?? null,
        time: { created: row['time_created'] ?? null, updated: row['time_updated'] ?? null },
        revert: objectOf(decodedJson(row['revert'])),
      },
      // A session that went on with the new engine has its earlier messages there too.
      messages: second.filter(isSaid).length > first.length ? second : first,
    };
  });
}

type Messages = ReadonlyMap<Json | undefined, readonly JsonObject[]>;

function messagesInParts(database: Database): Messages {
  if (!hasAll(database, ['message', 'part'])) return new Map();
  const parts = groupBy(
    database.rows('SELECT id, message_id, data FROM part ORDER BY id'),
    (row) => row['message_id'],
  );
  const rows = database.rows(
    'SELECT id, session_id, time_created, data FROM message ORDER BY time_created, id',
  );
  return mapped(rows, (row) => ({
    info: { ...objectOf(decodedJson(row['data'])), id: row['id'] ?? null },
    parts: (parts.get(row['id']) ?? []).map((part) => ({
      id: part['id'] ?? null,
      ...objectOf(decodedJson(part['data'])),
    })),
  }));
}

function wholeMessages(database: Database): Messages {
  if (!hasWhole(database)) return new Map();
  const rows = database.rows(
    'SELECT id, session_id, type, data FROM session_message ORDER BY session_id, seq',
  );
  return mapped(rows, (row) => ({
    ...objectOf(decodedJson(row['data'])),
    id: row['id'] ?? null,
    type: row['type'] ?? null,
  }));
}

function mapped(rows: readonly JsonObject[], of: (row: JsonObject) => JsonObject): Messages {
  const bySession = groupBy(rows, (row) => row['session_id']);
  return new Map(Array.from(bySession, ([id, list]) => [id, list.map(of)]));
}

function hasWhole(database: Database): boolean {
  const columns = columnsOf(database, 'session_message');
  return hasAll(database, []) && ['seq', 'type', 'data'].every((name) => columns.has(name));
}

function hasAll(database: Database, tables: readonly string[]): boolean {
  return ['session', ...tables].every((table) => database.tables.has(table));
}

function isSaid({ type }: JsonObject): boolean {
  return type === 'user' || type === 'assistant';
}

function parseSession(session: JsonObject, stem: string, parents: Parents, skips: Skips): Trace {
  const info = objectOf(session['info']);
  const id = idOf(info['id']) ?? stem;
  const parent = idOf(info['parentID']);
  const all = objectsIn(session['messages'], skips, 'messages');
  const { messages, taken } = withoutReverted(all, objectOf(info['revert']));
  const transcript = createTranscript();
  for (const message of messages) {
    if (isObject(message['info'])) addMessage(transcript, message, skips);
    else addSessionMessage(transcript, message, skips);
  }
  const facts = messages.map((message) => (isObject(message['info']) ? message['info'] : message));
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
      models_used: filled(distinctTexts(facts.map(modelOf))),
      token_usage: tokenUsage(facts),
      abandoned_messages: taken || undefined,
      forked_from_id: textOf(info['fork_session_id']),
    }),
  };
}

function modelOf({ modelID, model, type }: JsonObject): Json | undefined {
  return type === undefined || type === 'assistant' ? (modelID ?? objectOf(model)['id']) : undefined;
}

/** The user took back a message, or a part of one, and all after it. */
function withoutReverted(
  all: readonly JsonObject[],
  { messageID, partID }: JsonObject,
): { readonly messages: readonly JsonObject[]; readonly taken: number } {
  const id = idOf(messageID);
  const at = all.findIndex(
    (message) => id !== undefined && (objectOf(message['info'])['id'] ?? message['id']) === id,
  );
  const reverted = all[at];
  if (!reverted) return { messages: all, taken: 0 };
  const parts = objectsOf(reverted['parts']);
  const from = parts.findIndex((part) => idOf(partID) !== undefined && part['id'] === partID);
  const kept = from > 0 ? [{ ...reverted, parts: parts.slice(0, from) }] : [];
  return { messages: [...all.slice(0, at), ...kept], taken: all.length - at - kept.length };
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
