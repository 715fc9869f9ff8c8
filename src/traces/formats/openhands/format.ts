import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { byCodePoint } from '../../../core/code-points.js';
import {
  compact,
  distinctTexts,
  filled,
  idOf,
  objectOf,
  objectsOf,
  tokenSums,
  textOf,
} from '../../fields.js';
import {
  lineOf,
  recordsOf,
  type Machine,
  type ParsedTraces,
  type RolloutFormat,
  type Surroundings,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../../format.js';
import { extensionOf, lineName, nameOf } from '../../paths.js';
import { createSkips, objectsIn, type Skips } from '../../skips.js';
import { timeSpan } from '../../timestamps.js';
import { isFirstEvent, modelOfFirst, readFirstEvents } from './events-v0.js';
import { isSdkEvent, readSdkEvents } from './events-v1.js';

/**
 * OpenHands: a file for each event of a session. Its first generation (V0) has actions and observations, the agent SDK
 * (V1) has events with a `kind`; in either, facts about the session are in a document beside the folder of events. An
 * exported trajectory is a list of events, and evaluations write one session on a line, with its events in `history`.
 */
export const openHands: RolloutFormat = {
  name: 'openhands',
  filePattern: '*.json, *.jsonl',
  defaultFolders,
  owns: (path) => ['.json', '.jsonl'].includes(extensionOf(path)) && !isPart(path),
  isPart,
  sessionOf: (path) => partsOf(path)?.folder,
  recognises: (content: TraceContent) =>
    recordsOf(content)
      .slice(0, 20)
      .some((record) => isEvent(record) || isSession(record)),
  complete: withFacts,
  parse,
};

/** The command line, the server and, before them, the first generation have folders of their own. */
function defaultFolders({ env, homeDir }: Machine): readonly string[] {
  const home = join(homeDir, '.openhands');
  const ofCommandLine = env['OPENHANDS_PERSISTENCE_DIR'] || home;
  return [
    env['OPENHANDS_CONVERSATIONS_DIR'] || join(ofCommandLine, 'conversations'),
    join(env['OH_PERSISTENCE_DIR'] || home, 'v1_conversations'),
    join(home, 'sessions'),
    join(homeDir, '.openhands-state', 'sessions'),
  ];
}

const PARTS =
  /(?:^|\/)(?:base_state\.json|event_cache\/\d+-\d+\.json|(?:sessions|conversations|subagents)\/[^/]+\/(?:metadata|meta|init|exp_config|llm_registry|TASKS)\.json)$/;

function isPart(path: string): boolean {
  return PARTS.test(path);
}

/** The folder of a session with a file for each event. @param path absolute */
function partsOf(path: string): { readonly folder: string; readonly isOrdered: boolean } | undefined {
  const inOrder = /^(.+)\/events\/(?:\d+|event-\d{5,}-[\da-fA-F-]{8,})\.json$/.exec(path);
  if (inOrder?.[1] !== undefined) return { folder: inOrder[1], isOrdered: true };
  const onServer = /^(.+\/v1_conversations\/[\da-f-]{32,36})\/[\da-f-]{32,36}\.json$/.exec(path);
  return onServer?.[1] === undefined ? undefined : { folder: onServer[1], isOrdered: false };
}

function isEvent(record: JsonObject): boolean {
  return isFirstEvent(record) || isSdkEvent(record);
}

/** An export of the server, or a line of an evaluation. */
function isSession(record: JsonObject): boolean {
  return objectsOf(eventsOf(record)).slice(0, 20).some(isEvent);
}

/** Early evaluations wrote pairs of an action and its observation. */
function eventsOf({ trajectory, history, events }: JsonObject): readonly Json[] {
  return ([trajectory, history, events].find(Array.isArray) ?? []).flat();
}

/** A session from its folder: the events in their order, and what the documents beside them say. */
async function withFacts(content: TraceContent, { path, read }: Surroundings): Promise<TraceContent> {
  const parts = partsOf(path);
  if (content.kind !== 'lines' || !parts) return content;
  const { folder, isOrdered } = parts;
  const document = async (name: string): Promise<JsonObject> => {
    const found = await read(`${folder}/${name}`);
    return found?.kind === 'document' ? found.document : {};
  };
  const state = isOrdered ? await document('base_state.json') : {};
  const metadata = isOrdered ? await document('metadata.json') : {};
  const events = isOrdered ? content.records : content.records.toSorted(byTime);
  const outer = folder.indexOf('/subagents/');
  const root = outer === -1 ? folder : folder.slice(0, outer);
  return {
    kind: 'document',
    document: { id: nameOf(folder), root: nameOf(root), state, metadata, events },
  };
}

function byTime(a: JsonObject, b: JsonObject): number {
  return byCodePoint(String(a['timestamp']), String(b['timestamp']));
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const records = recordsOf(content);
  const sessions = records.some(isEvent) ? [{ events: records }] : records;
  const traces = sessions.flatMap((session, at) => {
    const name = sessions.length > 1 ? lineName(stem, lineOf(content, at)) : stem;
    return isSession(session) ? [parseSession(session, name, skips)] : [];
  });
  return { traces, skipped: skips.findings() };
}

function parseSession(session: JsonObject, name: string, skips: Skips): Trace {
  const events = objectsIn(eventsOf(session), skips, 'events');
  const state = objectOf(session['state']);
  const metadata = objectOf(session['metadata']);
  const isSdk = events.some(isSdkEvent);
  const read = isSdk ? readSdkEvents(events, state, skips) : readFirstEvents(events, skips);
  const id = idOf(session['id']) ?? idOf(session['instance_id']) ?? name;
  const root = idOf(session['root']) ?? id;
  const cwd = textOf(objectOf(state['workspace'])['working_dir']) ?? read.cwd;
  const span = timeSpan(events.map(({ timestamp }) => textOf(timestamp)));
  const model = objectOf(objectOf(state['agent'])['llm'])['model'];
  return {
    traceId: id,
    rootSessionId: root,
    agentId: root === id ? undefined : id,
    isSidechain: root !== id,
    cwd,
    projectPath: cwd,
    gitBranch: textOf(metadata['selected_branch']),
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: read.messages,
    finish: read.finish,
    meta: compact({
      record_count: events.length,
      session_version: isSdk ? 1 : 0,
      title: textOf(metadata['title']),
      repository: textOf(metadata['selected_repository']),
      models_used: filled(distinctTexts([...events.map(modelOfFirst), model, metadata['llm_model']])),
      token_usage: tokenUsage(state, events),
      abandoned_messages: read.abandoned || undefined,
      tools: read.tools,
    }),
  };
}

/** The sums that OpenHands itself keeps: by use in V1, on the last event with a request in V0. */
function tokenUsage(state: JsonObject, events: readonly JsonObject[]): JsonObject | undefined {
  const uses = objectOf(objectOf(state['stats'])['usage_to_metrics']);
  const last = events.findLast((event) => isObject(event['llm_metrics']))?.['llm_metrics'];
  const sums = [...Object.values(uses), last]
    .map((metrics) => objectOf(metrics)['accumulated_token_usage'])
    .filter(isObject);
  return tokenSums(sums, ['prompt_tokens', 'completion_tokens', 'cache_write_tokens', 'cache_read_tokens']);
}
