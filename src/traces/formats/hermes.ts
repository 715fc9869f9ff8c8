import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import { groupBy, rootOf, type Parents } from '../sessions.js';
import {
  compact,
  decodedJson,
  distinctTexts,
  filled,
  firstText,
  idOf,
  listOf,
  objectOf,
  textOf,
  jsonText,
} from '../fields.js';
import {
  columnsOf,
  type Database,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import { openAiCalls } from '../openai-calls.js';
import { extensionOf, nameOf } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { secondsAsTime, timeOf, timeSpan } from '../timestamps.js';
import { createTranscript, type Transcript } from '../transcript.js';

/**
 * Hermes Agent: the command line writes one JSON document per session (`session_*.json`); the gateway (Slack,
 * Telegram, …) writes one JSONL transcript per session and keeps facts in `sessions.json`.
 */
export const hermesAgent: RolloutFormat = {
  name: 'hermes_agent',
  filePattern: '*.json*, state.db',
  defaultFolders: ({ env, homeDir }) => {
    const home = env['HERMES_HOME'] || join(homeDir, '.hermes');
    return [join(home, 'sessions'), join(home, 'state.db'), join(home, 'profiles')];
  },
  owns: (path) =>
    nameOf(path) === 'state.db' ||
    extensionOf(path) === '.jsonl' ||
    (extensionOf(path) === '.json' && nameOf(path).startsWith('session_')),
  recognises,
  sessionIds: (database) =>
    database.rows("SELECT id FROM sessions WHERE source IS NOT 'subagent'").map(({ id }) => String(id)),
  sessionFiles: (database) =>
    database
      .rows('SELECT DISTINCT session_id AS id FROM messages')
      .flatMap(({ id }) => [`session_${String(id)}.json`, `${String(id)}.jsonl`]),
  index: { fileName: 'sessions.json', entries: indexEntries },
  parse,
};

const ROLES: ReadonlySet<Json | undefined> = new Set([
  'session_meta',
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
]);

function recognises(content: TraceContent): boolean {
  if (content.kind === 'lines') {
    const { role, type, message, content: first, timestamp } = objectOf(content.records[0]);
    // Lists of blocks without a time are written by other tools.
    const isOwn = role === 'session_meta' || timestamp !== undefined || !Array.isArray(first);
    return ROLES.has(role) && type === undefined && message === undefined && isOwn;
  }
  if (content.kind === 'database') {
    const { database } = content;
    return database.tables.has('sessions') && columnsOf(database, 'messages').has('content');
  }
  const { messages, session_id: id, session_start: start } = content.document;
  return Array.isArray(messages) && (idOf(id) !== undefined || textOf(start) !== undefined);
}

/** `{key: id}` or `{key: {session_id: id, …}}`. */
function* indexEntries(document: Json): Iterable<readonly [string, JsonObject]> {
  for (const [key, value] of Object.entries(objectOf(document))) {
    if (typeof value === 'string' && value !== '') yield [value, { session_key: key }];
    else if (isObject(value)) {
      const id = idOf(value['session_id']);
      if (id !== undefined) yield [id, { session_key: key, ...value }];
    }
  }
}

function parse({ content, stem, index }: TraceFile): ParsedTraces {
  const skips = createSkips();
  if (content.kind === 'database') {
    return { traces: parseDatabase(content.database, skips), skipped: skips.findings() };
  }
  const trace =
    content.kind === 'document'
      ? parseCliLog(content.document, stem, skips)
      : parseGatewayTranscript(content.records, stem, objectOf(index.get(stem)), skips);
  return { traces: [trace], skipped: skips.findings() };
}

/** Since 2026 all sessions are in one database: each message is a row, and times are seconds. */
function parseDatabase(database: Database, skips: Skips): readonly Trace[] {
  const rows = database.rows('SELECT * FROM messages ORDER BY id');
  const messages = groupBy(rows, (row) => row['session_id']);
  const sessions = database.rows('SELECT * FROM sessions ORDER BY started_at, id');
  // Since schema 25 prompts, and lists of tools, are kept once each, by their hash.
  const hasPrompts = database.tables.has('system_prompts');
  const prompts = new Map(
    (hasPrompts ? database.rows('SELECT * FROM system_prompts') : []).map(({ hash, prompt }) => [
      hash,
      textOf(prompt),
    ]),
  );
  const parents = new Map(sessions.map(({ id, parent_session_id: parent }) => [idOf(id), idOf(parent)]));
  return sessions.map((session) => {
    const { system_prompt: prompt, system_prompt_hash: hash, tool_names: names } = session;
    const resolved = {
      ...session,
      system_prompt: prompts.get(hash ?? '') ?? prompt ?? null,
      tool_names: prompts.get(names ?? '') ?? names ?? null,
    };
    return parseSession(resolved, messages.get(session['id']) ?? [], parents, skips);
  });
}

function parseSession(
  session: JsonObject,
  rows: readonly JsonObject[],
  parents: Parents,
  skips: Skips,
): Trace {
  const id = idOf(session['id']) ?? 'session';
  const isSubAgent = session['source'] === 'subagent';
  const systemPrompt = textOf(session['system_prompt']);
  const transcript = createTranscript();
  if (systemPrompt !== undefined) transcript.addMessage('system', systemPrompt);
  // Messages that were undone stay in the table.
  const kept = rows.filter(({ active, compacted }) => active !== 0 || compacted === 1);
  for (const row of kept) {
    const { tool_calls: calls, content } = row;
    if (row['_compressed_summary'] === 1) transcript.addMessage('system', decoded(content), 'summary');
    else addMessage(transcript, { ...row, content: decoded(content), tool_calls: decoded(calls) }, skips);
  }
  const times = rows.map(({ timestamp }) => secondsAsTime(timestamp)).filter((time) => time !== undefined);
  const cwd = textOf(session['cwd']);
  return {
    traceId: id,
    rootSessionId: isSubAgent ? rootOf(id, parents) : id,
    agentId: isSubAgent ? id : undefined,
    isSidechain: isSubAgent,
    cwd,
    projectPath: textOf(session['git_repo_root']) ?? cwd,
    gitBranch: textOf(session['git_branch']),
    startedAt: secondsAsTime(session['started_at']) ?? times[0],
    endedAt: secondsAsTime(session['ended_at']) ?? times.at(-1),
    messages: transcript.messages(),
    meta: compact({
      record_count: rows.length,
      session_format: 'state_db',
      finish_reasons: filled(finishReasons(kept)),
      model: textOf(session['model']),
      platform: textOf(session['source']),
      title: textOf(session['title']),
      parent_session_id: textOf(session['parent_session_id']),
      available_tool_names: filled(distinctTexts(listOf(decodedJson(session['tool_names'])))),
      abandoned_messages: rows.length - kept.length || undefined,
      token_usage: filled(
        compact({
          input_tokens: session['input_tokens'] ?? undefined,
          output_tokens: session['output_tokens'] ?? undefined,
          cache_creation_input_tokens: session['cache_write_tokens'] ?? undefined,
          cache_read_input_tokens: session['cache_read_tokens'] ?? undefined,
        }),
      ),
    }),
  };
}

/** Lists are kept as JSON text; any other text is a text. */
function decoded(value: Json | undefined): Json {
  if (typeof value !== 'string' || !/^\s*\[\s*(?:\{|\])/.test(value)) return value ?? null;
  return decodedJson(value) ?? value;
}

function parseCliLog(log: JsonObject, stem: string, skips: Skips): Trace {
  const messages = objectsIn(log['messages'], skips, 'messages');
  const id = idOf(log['session_id']) ?? (stem.replace(/^session_/, '') || stem);
  const systemPrompt = textOf(log['system_prompt']);
  const tools = listOf(log['tools']);
  const toolNames = calledNames(tools);
  const transcript = createTranscript();
  if (systemPrompt !== undefined) transcript.addMessage('system', systemPrompt);
  for (const message of messages) addMessage(transcript, message, skips);
  return {
    traceId: id,
    rootSessionId: id,
    startedAt: timeOf(log['session_start']),
    endedAt: timeOf(log['last_updated']),
    messages: transcript.messages(),
    meta: compact({
      record_count: listOf(log['messages']).length,
      session_format: 'cli_session_log',
      available_tool_count: toolNames.length,
      available_tool_names: toolNames,
      finish_reasons: finishReasons(messages),
      model: textOf(log['model']),
      base_url: textOf(log['base_url']),
      platform: textOf(log['platform']),
      has_system_prompt: systemPrompt === undefined ? undefined : true,
      system_prompt_chars: systemPrompt === undefined ? undefined : Array.from(systemPrompt).length,
      tools: filled(tools) && jsonText(tools),
    }),
  };
}

/** Facts of a session in the gateway's index, in the order of `source_meta`. */
const INDEX_KEYS = [
  'session_key',
  'display_name',
  'platform',
  'chat_type',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'total_tokens',
  'last_prompt_tokens',
  'estimated_cost_usd',
  'cost_status',
  'memory_flushed',
] as const;

function parseGatewayTranscript(
  records: readonly JsonObject[],
  stem: string,
  entry: JsonObject,
  skips: Skips,
): Trace {
  const header = objectOf(records.find(isHeader));
  const messages = records.filter((record) => !isHeader(record));
  const span = timeSpan(records.map(({ timestamp }) => textOf(timestamp)));
  const transcript = createTranscript();
  for (const message of messages) addMessage(transcript, message, skips);
  const indexed = Object.fromEntries(INDEX_KEYS.map((key) => [key, entry[key]]));
  return {
    traceId: stem,
    rootSessionId: stem,
    startedAt: timeOf(entry['created_at']) ?? span.earliest,
    endedAt: timeOf(entry['updated_at']) ?? span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: records.length,
      session_format: 'gateway_transcript',
      available_tool_names: filled(calledNames(listOf(header['tools']))),
      finish_reasons: finishReasons(messages),
      tool_names_used: calledNames(messages.flatMap(({ tool_calls: calls }) => listOf(calls))),
      model: textOf(header['model']),
      ...indexed,
      platform: indexed['platform'] ?? textOf(header['platform']),
      origin: filled(objectOf(entry['origin'])),
    }),
  };
}

/** The gateway begins a transcript with a line about the session. */
function isHeader({ role }: JsonObject): boolean {
  return role === 'session_meta';
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content } = message;
  // Missing content is an empty text, as in this tool's logs.
  const blocks = contentBlocks(content ?? '');
  if (role === 'user') transcript.addMessage('user', blocks);
  else if (role === 'system' || role === 'developer') transcript.addMessage('system', blocks);
  else if (role === 'assistant') {
    const reasoning = distinctTexts([firstText([message['reasoning'], message['reasoning_content']])]);
    transcript.addAssistant({ content: blocks, reasoning, calls: openAiCalls(message['tool_calls'], skips) });
  } else if (role === 'tool') {
    const callId = idOf(message['tool_call_id']);
    if (callId === undefined) skips.add('tool results without a call id');
    else transcript.addResult(callId, blocks);
  } else skips.add('messages with an unknown role');
}

/** `function.name` of calls or of tool definitions. */
function calledNames(entries: readonly Json[]): readonly string[] {
  return distinctTexts(entries.map((entry) => objectOf(objectOf(entry)['function'])['name']));
}

function finishReasons(messages: readonly JsonObject[]): readonly string[] {
  return distinctTexts(
    messages.filter(({ role }) => role === 'assistant').map((message) => message['finish_reason']),
  );
}
