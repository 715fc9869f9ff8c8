import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { compact, decodedJson, firstText, idOf, objectOf, textOf } from '../fields.js';
import {
  columnsOf,
  type Database,
  type ParsedTraces,
  type RolloutFormat,
  type SessionIndex,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import { nameOf, unpackedPath } from '../paths.js';
import { unpack } from '../reading/unpack.js';
import { groupBy } from '../sessions.js';
import { createSkips, type Skips } from '../skips.js';
import { isOpenClaw, parseSession } from './pi.js';

/**
 * OpenClaw, which was Clawdbot and Moltbot: sessions in Pi's layout. Since 2026.9 they are in a database per agent, an
 * entry per row, large ones compressed; before that, and in archives, in files. Layout: the program `openclaw` itself.
 */
export const openClaw: RolloutFormat = {
  name: 'openclaw',
  filePattern: '*.jsonl*, openclaw-agent.sqlite',
  defaultFolders: ({ env, homeDir }) =>
    [
      env['OPENCLAW_STATE_DIR'] || join(homeDir, '.openclaw'),
      join(homeDir, '.clawdbot'),
      join(homeDir, '.moltbot'),
      join(homeDir, '.moldbot'),
    ].map((home) => join(home, 'agents')),
  owns: (path) => {
    const name = nameOf(unpackedPath(path));
    return name === DATABASE || (SESSION.test(name) && !COPY.test(name));
  },
  recognises,
  sessionIds: (database) =>
    database
      .rows('SELECT session_id AS id FROM session_windows WHERE spawned_by IS NULL')
      .map(({ id }) => String(id)),
  index: { fileName: 'sessions.json', entries: indexEntries },
  sessionFiles: (database) => sessionIds(database).map((id) => `${id}.jsonl`),
  complete,
  parse,
};

const DATABASE = 'openclaw-agent.sqlite';

/** A session, or one that was archived when it was reset or deleted. */
const SESSION = /\.jsonl(?:\.(?:reset|deleted)\.[^/]+)?$/;

/** Copies from before a compaction or a repair, and logs of requests. */
const COPY = /\.(?:checkpoint\.[^/]+|corrupt-[^/]+|trajectory)\.jsonl/;

function recognises(content: TraceContent): boolean {
  if (content.kind === 'database') return isOwnDatabase(content.database);
  return content.kind === 'lines' && content.records.slice(0, 20).some(isOpenClaw);
}

function isOwnDatabase({ tables }: Database): boolean {
  return tables.has('transcript_events') && tables.has('session_windows');
}

function sessionIds(database: Database): readonly string[] {
  if (!isOwnDatabase(database)) return [];
  const rows = database.rows('SELECT DISTINCT session_id FROM transcript_events');
  return rows.map(({ session_id: id }) => idOf(id)).filter((id) => id !== undefined);
}

/** `{key: {sessionId, …}}`; a sub-agent names the key of the session that started it. */
function* indexEntries(document: Json): Iterable<readonly [string, JsonObject]> {
  for (const [key, value] of Object.entries(objectOf(document))) {
    const id = isObject(value) ? idOf(value['sessionId']) : undefined;
    if (id !== undefined && isObject(value)) yield [id, { ...value, sessionKey: key }];
  }
}

const SESSIONS = '$sessions';

/** Reads the entries of a database, which are decompressed one by one. */
async function complete(content: TraceContent): Promise<TraceContent> {
  if (content.kind !== 'database' || !isOwnDatabase(content.database)) return content;
  const { database } = content;
  const isPackable = columnsOf(database, 'transcript_events').has('event_zstd');
  const packed = isPackable ? 'hex(event_zstd)' : 'NULL';
  const sql = `SELECT session_id, event_json, ${packed} AS packed FROM transcript_events ORDER BY session_id, seq`;
  const records: JsonObject[] = [];
  for (const { session_id: session, event_json: text, packed: hex } of database.rows(sql)) {
    const event = decodedJson(typeof text === 'string' ? text : await unpacked(hex));
    records.push(compact({ session, event: isObject(event) ? event : undefined }));
  }
  const windows = database.rows('SELECT * FROM session_windows ORDER BY created_at, session_id');
  return { kind: 'lines', records: [{ [SESSIONS]: windows }, ...records] };
}

async function unpacked(hex: Json | undefined): Promise<string> {
  const bytes = await unpack(Buffer.from(textOf(hex) ?? '', 'hex'));
  return bytes.ok ? bytes.value.toString('utf8') : '';
}

function parse({ content, stem, index }: TraceFile): ParsedTraces {
  if (content.kind !== 'lines') return { traces: [], skipped: [] };
  const skips = createSkips();
  const [first] = content.records;
  const traces = Array.isArray(first?.[SESSIONS])
    ? parseDatabase(first[SESSIONS].filter(isObject), content.records.slice(1), skips)
    : [parseFile(content.records, stem, index, skips)];
  return { traces, skipped: skips.findings() };
}

function parseFile(records: readonly JsonObject[], stem: string, index: SessionIndex, skips: Skips): Trace {
  const trace = parseSession(records, stem.replace(/\.jsonl.*$/, ''), skips);
  // Each topic of a group has a file, and all have the id of the group's session.
  const topic = stem.startsWith(`${trace.traceId}-topic-`) ? stem : trace.traceId;
  const facts = objectOf(index.get(trace.traceId));
  const parent = Array.from(index).find(([, { sessionKey }]) => sessionKey === facts['spawnedBy'])?.[0];
  return withFacts({ ...trace, traceId: topic, rootSessionId: topic }, parent, {
    session_key: facts['sessionKey'],
    spawned_by: facts['spawnedBy'],
    channel: facts['channel'] ?? facts['lastChannel'],
    chat_type: facts['chatType'],
    display_name: facts['displayName'] ?? facts['label'],
  });
}

function parseDatabase(
  windows: readonly JsonObject[],
  rows: readonly JsonObject[],
  skips: Skips,
): readonly Trace[] {
  const keys = new Map(windows.map(({ session_key: key, session_id: id }) => [idOf(key), idOf(id)]));
  const facts = new Map(windows.map((window) => [idOf(window['session_id']), window]));
  return Array.from(
    groupBy(rows, ({ session }) => idOf(session) ?? ''),
    ([id, events]) => {
      const window = objectOf(facts.get(id));
      const entries = events.map(({ event }) => event).filter(isObject);
      for (let at = entries.length; at < events.length; at += 1) skips.add('entries that are not JSON');
      const trace = parseSession(entries, id, skips);
      const parent = keys.get(idOf(window['spawned_by']));
      return withFacts({ ...trace, traceId: id, rootSessionId: id }, parent, window);
    },
  );
}

/** The facts of a session, and the session that started a sub-agent. */
function withFacts(
  trace: Trace,
  parent: string | undefined,
  facts: Readonly<Record<string, Json | undefined>>,
): Trace {
  const isSubAgent = firstText([facts['spawned_by']]) !== undefined;
  return {
    ...trace,
    ...(isSubAgent && { rootSessionId: parent ?? trace.traceId, agentId: trace.traceId, isSidechain: true }),
    meta: compact({
      ...trace.meta,
      session_key: textOf(facts['session_key']),
      channel: textOf(facts['channel']),
      chat_type: textOf(facts['chat_type']),
      display_name: textOf(facts['display_name']),
    }),
  };
}
