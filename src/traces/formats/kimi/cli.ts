/**
 * Kimi CLI. `context.jsonl` has the messages as the model sees them, and lines of bookkeeping whose roles begin with
 * an underscore. When the context is compacted, cleared or taken back to a checkpoint, the file is renamed to
 * `context_1.jsonl`, `context_2.jsonl`, … and a new one begins, so the whole session is in all of them together.
 * Times and tokens are only in `wire.jsonl`. Layout: `soul/context.py`, `wire/file.py` and `subagents/store.py` of
 * MoonshotAI/kimi-cli.
 */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../../core/json.js';
import { contentBlocks } from '../../content.js';
import {
  compact,
  distinctTexts,
  filled,
  firstText,
  idOf,
  listOf,
  objectOf,
  objectsOf,
  tokenSums,
  textOf,
} from '../../fields.js';
import { recordsOf, type Surroundings, type Trace, type TraceContent, type TraceFile } from '../../format.js';
import type { MessageKind } from '../../message.js';
import { nameOf } from '../../paths.js';
import { openAiCalls } from '../../openai-calls.js';
import type { Skips } from '../../skips.js';
import { secondsAsTime, timeSpan } from '../../timestamps.js';
import { createTranscript, type Transcript } from '../../transcript.js';

const BOOKKEEPING: ReadonlySet<Json | undefined> = new Set(['_system_prompt', '_checkpoint', '_usage']);

export function isContextRecord({ role }: JsonObject): boolean {
  return BOOKKEEPING.has(role);
}

/** A line of the log for the screen, `wire.jsonl`. */
export function isWireRecord({ timestamp, message }: JsonObject): boolean {
  const { type, payload } = objectOf(message);
  return typeof timestamp === 'number' && typeof type === 'string' && payload !== undefined;
}

/** What other files have of the session: the key of a record that is added to those of the file. */
const SESSION = '$session';

type Lines = Extract<TraceContent, { readonly kind: 'lines' }>;

/** Adds the earlier contexts of the session, and a record with what other files know about it. */
export async function withSession(content: Lines, { path, list, read }: Surroundings): Promise<Lines> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const objectIn = async (file: string): Promise<JsonObject> =>
    objectOf(recordsOf((await read(file)) ?? NOTHING)[0]);
  const wire = async (file: string): Promise<readonly JsonObject[]> =>
    recordsOf((await read(file)) ?? NOTHING);
  const isContext = nameOf(path) === 'context.jsonl';
  const earlier: JsonObject[] = [];
  for (const { file } of isContext ? earlierContexts(await list(folder)) : [])
    earlier.push(...recordsOf((await read(file)) ?? NOTHING), { [END]: true });

  const { session, agent, top } = placeOf(path);
  const [, home, hash] = /^(.*)\/sessions\/([^/]+)\//.exec(path) ?? [];
  const events = isContext ? await wire(`${folder}/wire.jsonl`) : [];
  const parentEvents = agent === undefined || !isContext ? [] : await wire(`${top}/wire.jsonl`);
  const facts = compact({
    id: session,
    agent,
    cwd: home === undefined ? undefined : workingFolder(await objectIn(`${home}/kimi.json`), hash),
    parentCall: subAgentsIn(parentEvents).find(({ agent_id: id }) => id === agent)?.['tool_call_id'],
    model:
      agent === undefined
        ? undefined
        : objectOf((await objectIn(`${folder}/meta.json`))['launch_spec'])['effective_model'],
    ...wireFacts(events),
  });
  return { ...content, records: [...earlier, ...content.records, { [SESSION]: facts }] };
}

const NOTHING: TraceContent = { kind: 'lines', records: [] };
const END = '$end';

function earlierContexts(
  files: readonly string[],
): readonly { readonly file: string; readonly at: number }[] {
  return files
    .map((file) => ({ file, at: Number(/\/context_(\d+)\.jsonl$/.exec(file)?.[1] ?? Number.NaN) }))
    .filter(({ at }) => !Number.isNaN(at))
    .toSorted((a, b) => a.at - b.at);
}

/** The session of a file, and the sub-agent, by their folders. */
function placeOf(path: string): { readonly session?: string; readonly agent?: string; readonly top: string } {
  const [, top = '', session, agent] =
    /^(.*\/([^/]+))\/subagents\/([^/]+)\/context\.jsonl$/.exec(path) ??
    /^(.*\/([^/]+))\/context_(sub(?:_\d+)?)\.jsonl$/.exec(path) ??
    /^(.*\/([^/]+))\/context\.jsonl$/.exec(path) ??
    [];
  return { top, ...(session !== undefined && { session }), ...(agent !== undefined && { agent }) };
}

/** The folder of a project's sessions is named after the MD5 of its path. */
function workingFolder({ work_dirs: folders }: JsonObject, hash: string | undefined): string | undefined {
  const paths = distinctTexts(objectsOf(folders).map(({ path }) => path));
  return paths.find((path) => createHash('md5').update(path).digest('hex') === hash);
}

function wireFacts(events: readonly JsonObject[]): JsonObject {
  const span = timeSpan(events.map(({ timestamp }) => secondsAsTime(timestamp)));
  const usages = payloadsOf(events, 'StatusUpdate').map(({ token_usage: usage }) => objectOf(usage));
  return compact({
    startedAt: span.earliest,
    endedAt: span.latest,
    subAgents: filled(subAgentsIn(events)),
    tokens: tokenSums(usages, ['input_other', 'output', 'input_cache_creation', 'input_cache_read']),
  });
}

function payloadsOf(events: readonly JsonObject[], name: string): readonly JsonObject[] {
  return events
    .map(({ message }) => objectOf(message))
    .filter(({ type }) => type === name)
    .map(({ payload }) => objectOf(payload));
}

function subAgentsIn(events: readonly JsonObject[]): readonly JsonObject[] {
  const calls = new Map<string, string>();
  for (const { parent_tool_call_id: call, agent_id: agent } of payloadsOf(events, 'SubagentEvent')) {
    if (typeof call === 'string' && typeof agent === 'string') calls.set(agent, call);
  }
  return Array.from(calls, ([agent, call]) => ({ tool_call_id: call, agent_id: agent }));
}

export function parseContext(
  records: readonly JsonObject[],
  { stem, folder }: TraceFile,
  skips: Skips,
): Trace {
  const facts = objectOf(records.find((record) => SESSION in record)?.[SESSION]);
  const own = records.filter((record) => !(SESSION in record) && !(END in record));
  const { log, abandoned } = wholeLog(records, skips);
  const transcript = createTranscript();
  const prompt = firstText(own.filter(({ role }) => role === '_system_prompt').map(({ content }) => content));
  if (prompt !== undefined) transcript.addMessage('system', prompt);
  for (const message of log) addMessage(transcript, message, skips);
  const session = idOf(facts['id']) ?? (stem === 'context' ? folder : stem);
  const agent = idOf(facts['agent']);
  const cwd = textOf(facts['cwd']);
  return {
    traceId: agent === undefined ? session : `${session}:${agent}`,
    rootSessionId: session,
    agentId: agent,
    isSidechain: agent !== undefined,
    cwd,
    projectPath: cwd,
    startedAt: textOf(facts['startedAt']),
    endedAt: textOf(facts['endedAt']),
    messages: transcript.messages(),
    meta: compact({
      record_count: own.length,
      models_used: filled(distinctTexts([facts['model']])),
      token_usage: facts['tokens'],
      sub_agents: facts['subAgents'],
      parent_tool_call_id: facts['parentCall'],
      abandoned_messages: abandoned || undefined,
    }),
  };
}

/**
 * The messages of all contexts, each once: a context after a compaction repeats the last messages of the one before
 * it, and one after a message to an earlier checkpoint ("D-Mail") repeats everything up to there.
 */
function wholeLog(
  records: readonly JsonObject[],
  skips: Skips,
): { readonly log: readonly JsonObject[]; readonly abandoned: number } {
  const log: JsonObject[] = [];
  let current: readonly JsonObject[] = [];
  // Where the current context begins in the log, and how many of its messages were there before.
  let begin = 0;
  let repeated = 0;
  let abandoned = 0;
  for (const context of contextsIn(records, skips)) {
    const [first] = context;
    const same = sharedStart(current, context);
    if (first && kindOf(first) === 'summary' && same === 0) {
      const again = sharedEnd(current, context.slice(1));
      begin = log.length;
      log.push(first, ...context.slice(1 + again));
      repeated = again;
    } else if (same > 0 && isFromTheFuture(context[same])) {
      const kept = begin + Math.max(same - repeated, Math.min(same, 1));
      abandoned += log.length - kept;
      log.splice(kept, log.length, ...context.slice(same));
    } else {
      begin = log.length;
      repeated = 0;
      log.push(...context);
    }
    current = context;
  }
  return { log, abandoned };
}

function contextsIn(records: readonly JsonObject[], skips: Skips): readonly (readonly JsonObject[])[] {
  const contexts: JsonObject[][] = [[]];
  for (const record of records) {
    if (END in record) contexts.push([]);
    else if (ROLES.has(record['role'])) contexts.at(-1)?.push(record);
    else if (!(SESSION in record) && !isContextRecord(record)) skips.add('records of an unknown kind');
  }
  return contexts;
}

const ROLES: ReadonlySet<Json | undefined> = new Set(['system', 'user', 'assistant', 'tool']);

function sharedStart(before: readonly JsonObject[], after: readonly JsonObject[]): number {
  const at = before.findIndex((message, nth) => JSON.stringify(message) !== JSON.stringify(after[nth]));
  return at === -1 ? before.length : at;
}

/** How many messages at the start of the later context are those at the end of the one before. */
function sharedEnd(before: readonly JsonObject[], after: readonly JsonObject[]): number {
  const texts = before.map((message) => JSON.stringify(message));
  const first = JSON.stringify(after[0]);
  for (let start = 0; start < texts.length; start += 1) {
    const isRepeated =
      texts[start] === first && texts.slice(start).every((text, nth) => text === JSON.stringify(after[nth]));
    if (isRepeated) return texts.length - start;
  }
  return 0;
}

function isFromTheFuture(message: JsonObject | undefined): boolean {
  return message !== undefined && /^\s*<system>You just got a D-Mail/.test(firstTextOf(message));
}

function firstTextOf({ content }: JsonObject): string {
  return typeof content === 'string'
    ? content
    : (firstText(objectsOf(content).map(({ text }) => text)) ?? '');
}

/** What Kimi says in the user's name is in tags. */
function kindOf(message: JsonObject): MessageKind | undefined {
  if (message['role'] !== 'user') return undefined;
  const text = firstTextOf(message);
  if (/^\s*<system>Previous context has been compacted/.test(text)) return 'summary';
  return /^\s*<(?:system|system-reminder|notification)[\s>]/.test(text) ? 'meta' : undefined;
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content } = message;
  const kind = kindOf(message);
  if (role === 'tool') {
    const isError = /^\s*<system>ERROR: /.test(firstTextOf(message));
    transcript.addResult(idOf(message['tool_call_id']), content, isError);
  } else if (role === 'assistant') addAnswer(transcript, content, message['tool_calls'], skips);
  else if (role === 'system' || kind === 'summary') transcript.addMessage('system', content, kind);
  else transcript.addMessage('user', content, kind);
}

export function addAnswer(
  transcript: Transcript,
  content: Json | undefined,
  calls: Json | undefined,
  skips: Skips,
): void {
  const { rest, reasoning } = withoutThoughts(content);
  transcript.addAssistant({ content: contentBlocks(rest), reasoning, calls: openAiCalls(calls, skips) });
}

/** Thoughts are parts of the content; their signatures are left out. */
function withoutThoughts(content: Json | undefined): {
  readonly rest: Json | undefined;
  readonly reasoning: readonly string[];
} {
  if (!Array.isArray(content)) return { rest: content === '' ? undefined : content, reasoning: [] };
  const parts = listOf(content);
  const isThought = (part: Json): boolean => objectOf(part)['type'] === 'think';
  return {
    rest: parts.filter((part) => !isThought(part) && objectOf(part)['text'] !== ''),
    reasoning: distinctTexts(parts.filter(isThought).map((part) => objectOf(part)['think'])),
  };
}
