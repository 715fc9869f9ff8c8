/**
 * Counts the tool calls and results in a folder of sessions a second time, and says which of them no row has:
 *
 *     node scripts/count-traces.mjs examples/traces
 *
 * It shares no code with the formats. It knows how their writers mark a call and a result, looks for these marks in
 * every object of every file, and compares ids: what several records of a session repeat counts once. Calls that the user took back (in rows: `abandoned_messages`, `has_branches`) are no
 * loss. Formats that keep messages as JSON text, in databases or in Parquet are not counted.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/**
 * Types of objects that are a call, of Anthropic's layout (Claude Code, Droid, Cline, Cursor, Amp), Codex, Pi and
 * OpenClaw, Goose, and Kimi Code.
 */
const CALLS = new Set([
  'tool_use',
  'server_tool_use',
  'mcp_tool_use',
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'web_search_call',
  'tool_search_call',
  'image_generation_call',
  'toolCall',
  'toolRequest',
  'tool.call',
]);
const RESULTS =
  /tool_result$|^toolResponse$|^tool\.result$|^(?:function_call|custom_tool_call|local_shell_call|tool_search)_output$/;
/** Lists of calls: OpenAI, Gemini CLI, Copilot CLI. */
const LISTS = ['tool_calls', 'toolCalls', 'toolRequests'];
/** Copies of what other records say: progress of sub-agents, compacted history, events for the screen. */
const COPIES = new Set(['toolUseResult', 'replacement_history', 'event_msg', 'progress']);

const idOf = (...ids) => ids.find((id) => typeof id === 'string' && id !== '');

/** @param found `{ calls, results: Set, withoutId: number }`, which is added to */
function count(value, found) {
  if (Array.isArray(value)) for (const member of value) count(member, found);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || COPIES.has(value.type)) return;
  const { type, role, id } = value;
  const add = (set, name) => {
    if (name === undefined) found.withoutId += set === found.calls ? 1 : 0;
    else set.add(name);
  };
  if (CALLS.has(type)) add(found.calls, idOf(value.call_id, value.toolCallId, id));
  else if (RESULTS.test(type))
    add(found.results, idOf(value.tool_use_id, value.call_id, value.toolUseID, value.toolCallId, id));
  else if (type === 'tool' && value.state) {
    // OpenCode has call and result in one part.
    add(found.calls, idOf(value.callID));
    if (['completed', 'error'].includes(value.state.status)) add(found.results, idOf(value.callID));
  } else if (type === 'tool.execution_complete') add(found.results, idOf(value.data?.toolCallId));
  if (role === 'tool' || role === 'toolResult')
    add(found.results, idOf(value.tool_call_id, value.toolCallId));
  for (const name of value.tool_call_ids ?? []) add(found.results, name);
  // OpenHands has an event for each.
  if (value.tool_call_id && value.action) add(found.calls, value.tool_call_id);
  if (value.tool_call_id && value.observation) add(found.results, value.tool_call_id);
  // Qwen Code and Gemini; ATIF.
  if (value.functionCall) add(found.calls, idOf(value.functionCall.id));
  if (value.functionResponse) add(found.results, idOf(value.functionResponse.id));
  if (value.source_call_id && value.content !== undefined) add(found.results, value.source_call_id);
  for (const list of LISTS) {
    for (const call of Array.isArray(value[list]) ? value[list] : []) {
      const name = idOf(call.id, call.toolCallId, call.tool_call_id);
      add(found.calls, name);
      if (list === 'toolCalls' && call.result !== undefined && call.result.length > 0)
        add(found.results, name);
    }
  }
  for (const [key, member] of Object.entries(value)) if (!COPIES.has(key)) count(member, found);
}

/** The values of a file: one document, or those of its lines. */
function valuesOf(path) {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const parsed = (line) => {
    try {
      return [JSON.parse(line.replace(/^\uFEFF/, ''))];
    } catch {
      return [];
    }
  };
  const whole = parsed(text);
  return whole.length > 0 ? whole : text.split(/\r?\n/).flatMap(parsed);
}

async function rowsOf(folder) {
  const { createAgentRollout } = await import('../dist/traces/seed.js');
  const { builtInFormats } = await import('../dist/traces/formats/index.js');
  const context = { baseDir: process.cwd(), env: process.env, homeDir: homedir() };
  const opened = await createAgentRollout(builtInFormats).open({ path: folder }, context);
  if (!opened.ok) throw new Error(opened.error.message);
  const rows = [];
  for (let entry = 0; entry < opened.value.entryCount; entry += 1) {
    rows.push(...(await opened.value.read(entry)).rows);
  }
  return rows;
}

const UNCOUNTED = new Set(['otel_genai']);

/** @returns by format: sessions, calls and results in files and in rows, and the lost ones */
export async function compare(folder) {
  const rows = (await rowsOf(folder)).filter((row) => !UNCOUNTED.has(row.source_kind));
  const called = new Set(rows.flatMap(({ messages }) => callsIn(messages)));
  const answered = new Set(rows.flatMap(({ messages }) => resultsIn(messages)));
  const owners = new Map();
  for (const row of rows) {
    const owner = owners.get(row.source_path) ?? { rows: [], found: nothing() };
    owner.rows.push(row);
    owners.set(row.source_path, owner);
  }
  for (const path of filesIn(folder)) {
    const owner = owners.get(path) ?? owners.get(nearest(path, [...owners.keys()]));
    if (owner) for (const value of valuesOf(path)) count(value, owner.found);
  }

  const formats = new Map();
  for (const [path, { rows: own, found }] of owners) {
    const name = own[0].source_kind;
    const sums = formats.get(name) ?? { sessions: 0, calls: [0, 0], results: [0, 0], takenBack: 0, lost: [] };
    formats.set(name, sums);
    const calls = new Set(own.flatMap(({ messages }) => callsIn(messages)));
    const results = new Set(own.flatMap(({ messages }) => resultsIn(messages)));
    sums.sessions += own.length;
    sums.calls[0] += found.calls.size + found.withoutId;
    sums.calls[1] += calls.size;
    sums.results[0] += found.results.size;
    sums.results[1] += results.size;
    const lost = [
      ...[...found.calls].filter((id) => !called.has(id)).map((id) => `call ${id}`),
      ...[...found.results].filter((id) => !answered.has(id)).map((id) => `result ${id}`),
    ];
    // They have got ids that no file has.
    const given = [...calls].filter((id) => !found.calls.has(id)).length;
    if (given < found.withoutId) lost.push(`${found.withoutId - given} calls without an id`);
    const isTakenBack = ({ source_meta: meta }) => meta.abandoned_messages > 0 || meta.has_branches === true;
    if (own.some(isTakenBack)) sums.takenBack += lost.length;
    else sums.lost.push(...lost.map((what) => `${path}: ${what}`));
  }
  return formats;
}

function nothing() {
  return { calls: new Set(), results: new Set(), withoutId: 0 };
}

/** The session that a file without a row is a part of: the one with the most of its path in common. */
function nearest(path, others) {
  const shared = (other) => {
    let length = 0;
    while (length < path.length && path[length] === other[length]) length += 1;
    return length;
  };
  return others.toSorted((a, b) => shared(b) - shared(a))[0];
}

function callsIn(messages) {
  return messages.flatMap(({ tool_calls: calls = [] }) => calls.map(({ id }) => id));
}

function resultsIn(messages) {
  return messages.filter(({ role }) => role === 'tool').map(({ tool_call_id: id }) => id);
}

function filesIn(folder) {
  const root = resolve(folder);
  if (!statSync(root).isDirectory()) return [root];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:jsonl?|ndjson|traj)(?:\.gz)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !['sessions-index.json', 'sessions.json'].includes(basename(path)))
    .sort();
}

async function main([folder]) {
  if (folder === undefined) throw new Error('give the folder of the sessions');
  const formats = await compare(folder);
  const line = (name, ...columns) =>
    process.stdout.write(
      `${[name.padEnd(22), ...columns.map((one) => String(one).padStart(17))].join('')}\n`,
    );
  line('in files / in rows', 'sessions', 'calls', 'results', 'taken back', 'lost');
  for (const [name, { sessions, calls, results, takenBack, lost }] of formats)
    line(name, sessions, calls.join(' / '), results.join(' / '), takenBack, lost.length);
  const lost = [...formats.values()].flatMap((sums) => sums.lost);
  for (const what of lost) process.stdout.write(`${what}\n`);
  if (lost.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
