/**
 * Kimi Code. Each agent of a session has a journal, `agents/<id>/wire.jsonl`: a header, then one record per change.
 * The steps of an answer are recorded part by part; an undo and a compaction are records of their own. Layout:
 * `docs/wire-manifest.d.ts` and `agent/contextMemory` of MoonshotAI/kimi-code.
 */
import type { Json, JsonObject } from '../../../core/json.js';
import {
  compact,
  distinctTexts,
  filled,
  firstText,
  idOf,
  jsonText,
  objectOf,
  objectsOf,
  tokenSums,
  textOf,
} from '../../fields.js';
import { recordsOf, type Surroundings, type Trace, type TraceContent, type TraceFile } from '../../format.js';
import type { MessageKind } from '../../message.js';
import { openAiTool } from '../../openai-calls.js';
import type { Skips } from '../../skips.js';
import { millisecondsAsTime, timeOf, timeSpan } from '../../timestamps.js';
import { createTranscript, type Transcript } from '../../transcript.js';
import { addAnswer } from './cli.js';

export function isJournalRecord({
  type,
  protocol_version: version,
  created_at: created,
}: JsonObject): boolean {
  return type === 'metadata'
    ? version !== undefined && created !== undefined
    : type === 'context.append_message' || type === 'context.append_loop_event';
}

const STATE = '$state';

type Lines = Extract<TraceContent, { readonly kind: 'lines' }>;

/** Adds what the folder and `state.json` say about the session. */
export async function withState(content: Lines, { path, read }: Surroundings): Promise<Lines> {
  const [, top, session, agent] = /^(.*\/([^/]+))\/agents\/([^/]+)\/wire\.jsonl$/.exec(path) ?? [];
  if (top === undefined || session === undefined || agent === undefined) return content;
  const state = recordsOf((await read(`${top}/state.json`)) ?? { kind: 'lines', records: [] })[0];
  return {
    ...content,
    records: [...content.records, { [STATE]: { session, agent, state: objectOf(state) } }],
  };
}

export function parseJournal(
  records: readonly JsonObject[],
  { stem, folder }: TraceFile,
  skips: Skips,
): Trace {
  const place = objectOf(records.find((record) => STATE in record)?.[STATE]);
  const own = records.filter((record) => !(STATE in record));
  const { messages, abandoned } = replay(own, skips);
  const of = (...types: readonly string[]): readonly JsonObject[] =>
    own.filter(({ type }) => types.includes(textOf(type) ?? ''));
  const profiles = of('config.update', 'profile.bind');
  const transcript = createTranscript();
  const prompt = firstText(profiles.map(({ systemPrompt }) => systemPrompt));
  if (prompt !== undefined) transcript.addMessage('system', prompt);
  for (const message of messages) addMessage(transcript, message, skips);

  const session = idOf(place['session']) ?? (stem === 'wire' ? folder : stem);
  const agent = idOf(place['agent']);
  const isSubAgent = agent !== undefined && agent !== 'main';
  const state = objectOf(place['state']);
  const usages = of('usage.record');
  const tools = objectsOf(of('llm.tools_snapshot').at(-1)?.['tools']);
  const cwd = firstText(
    profiles.map(({ cwd: given, environmentDisclosure }) => given ?? objectOf(environmentDisclosure)['cwd']),
  );
  const span = timeSpan(own.map(({ time, created_at: created }) => millisecondsAsTime(time ?? created)));
  return {
    traceId: isSubAgent ? `${session}:${agent}` : session,
    rootSessionId: session,
    agentId: isSubAgent ? agent : undefined,
    isSidechain: isSubAgent,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest ?? timeOf(state['createdAt']),
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: own.length,
      protocol_version: of('metadata')[0]?.['protocol_version'],
      title: textOf(state['title']),
      models_used: filled(distinctTexts(usages.map(({ model }) => model))),
      token_usage: tokenSums(
        usages.map(({ usage }) => objectOf(usage)),
        ['inputOther', 'output', 'inputCacheCreation', 'inputCacheRead'],
      ),
      tools: filled(tools) && jsonText(tools.map(openAiTool)),
      parent_agent_id: isSubAgent
        ? textOf(objectOf(objectOf(state['agents'])[agent])['parentAgentId'])
        : undefined,
      imported_session_id: textOf(objectOf(state['custom'])['kimi_cli_session_id']),
      abandoned_messages: abandoned || undefined,
    }),
  };
}

/** The messages, without those that were taken back. */
function replay(
  records: readonly JsonObject[],
  skips: Skips,
): { readonly messages: readonly JsonObject[]; readonly abandoned: number } {
  const messages: JsonObject[] = [];
  /** By the id of a step: the parts of its answer. */
  const steps = new Map<string, { readonly content: Json[]; readonly toolCalls: Json[] }>();
  let floor = 0;
  let abandoned = 0;
  for (const record of records) {
    switch (record['type']) {
      case 'context.append_message':
        messages.push(objectOf(record['message']));
        break;
      case 'context.append_loop_event':
        addEvent(objectOf(record['event']));
        break;
      case 'context.apply_compaction':
        messages.push(summaryOf(record));
        break;
      case 'context.undo':
        undo(typeof record['count'] === 'number' ? record['count'] : 0);
        break;
      case 'context.clear':
        floor = messages.length;
        break;
      default:
    }
  }
  return { messages, abandoned };

  function addEvent(event: JsonObject): void {
    const step = steps.get(idOf(event['stepUuid']) ?? '');
    if (event['type'] === 'step.begin') {
      const parts = { content: [], toolCalls: [] };
      steps.set(idOf(event['uuid']) ?? '', parts);
      messages.push({ role: 'assistant', ...parts });
    } else if (event['type'] === 'content.part') {
      if (step) step.content.push(event['part'] ?? null);
      else skips.add('parts without an answer');
    } else if (event['type'] === 'tool.call') {
      const { toolCallId: id, name, args } = event;
      if (step) step.toolCalls.push(compact({ id, name, arguments: args }));
      else skips.add('parts without an answer');
    } else if (event['type'] === 'tool.result') {
      const { output, isError } = objectOf(event['result']);
      messages.push(compact({ role: 'tool', toolCallId: event['toolCallId'], content: output, isError }));
    }
  }

  /** Removes the last prompts of the user with everything after them, but not a summary and what is before it. */
  function undo(count: number): void {
    let prompts = 0;
    for (let at = messages.length - 1; at >= floor && prompts < count; at -= 1) {
      const message = messages[at] ?? {};
      const kind = originOf(message);
      if (kind === 'compaction_summary') return;
      if (kind === 'injection') continue;
      messages.splice(at, 1);
      abandoned += 1;
      if (message['role'] === 'user' && kindOf(message) === undefined && kind !== 'shell_command')
        prompts += 1;
    }
  }
}

function summaryOf({ summary, contextSummary }: JsonObject): JsonObject {
  const content =
    typeof summary === 'string' ? summary : (contextSummary ?? objectOf(summary)['content'] ?? '');
  return { role: 'user', content, origin: { kind: 'compaction_summary' } };
}

function originOf({ origin }: JsonObject): Json | undefined {
  return objectOf(origin)['kind'];
}

/** What users typed, their own commands included; everything else comes from the program. */
const TYPED: ReadonlySet<Json | undefined> = new Set([undefined, 'user', 'plugin_command', 'shell_command']);

function kindOf(message: JsonObject): MessageKind | undefined {
  const origin = originOf(message);
  if (origin === 'compaction_summary') return 'summary';
  if (origin === 'skill_activation')
    return objectOf(message['origin'])['trigger'] === 'user-slash' ? undefined : 'meta';
  return TYPED.has(origin) ? undefined : 'meta';
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content } = message;
  const kind = kindOf(message);
  if (role === 'tool')
    transcript.addResult(idOf(message['toolCallId']), content, message['isError'] === true);
  // Before version 1.1, name and arguments of a call were in `function`.
  else if (role === 'assistant') addAnswer(transcript, content, message['toolCalls'], skips);
  else if (role === 'system' || kind === 'summary') transcript.addMessage('system', content, kind);
  else if (role === 'user') transcript.addMessage('user', content, kind);
  else skips.add('messages with an unknown role');
}
