import { join } from 'node:path';
import type { Json, JsonObject } from '../../core/json.js';
import { splitBlocks } from '../anthropic-blocks.js';
import { contentBlocks, withoutData } from '../content.js';
import { extensionFolders } from '../editor-storage.js';
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
} from '../fields.js';
import type { ParsedTraces, RolloutFormat, Trace, TraceContent, TraceFile } from '../format.js';
import type { MessageKind } from '../message.js';
import { extensionOf } from '../paths.js';
import { groupBy } from '../sessions.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { millisecondsAsTime, timeSpan } from '../timestamps.js';
import { createTranscript, type Transcript } from '../transcript.js';

/**
 * Amp: one document per thread, `T-<id>.json`, as `amp threads export` writes it too, or the log of
 * `amp --execute --stream-json`. Blocks have Anthropic's layout, but a result is a `run` with a status. Layout: the
 * program `@sourcegraph/amp` itself, and the manual's page on streaming JSON.
 */
export const amp: RolloutFormat = {
  name: 'amp',
  filePattern: '*.json*',
  defaultFolders: (machine) => [
    join(machine.env['XDG_DATA_HOME'] || join(machine.homeDir, '.local', 'share'), 'amp', 'threads'),
    ...extensionFolders(machine, [join('sourcegraph.amp', 'threads3')]),
  ],
  owns: (path) => ['.json', '.jsonl'].includes(extensionOf(path)),
  recognises,
  parse,
};

function recognises(content: TraceContent): boolean {
  if (content.kind === 'lines') return content.records.slice(0, 20).some(isEvent);
  return content.kind === 'document' && isThread(content.document);
}

function isThread({ id, messages }: JsonObject): boolean {
  return isThreadId(id) && Array.isArray(messages);
}

function isEvent({ type, session_id: id }: JsonObject): boolean {
  return isThreadId(id) && EVENTS.has(type);
}

const EVENTS: ReadonlySet<Json | undefined> = new Set(['system', 'user', 'assistant', 'result']);

function isThreadId(id: Json | undefined): boolean {
  return typeof id === 'string' && id.startsWith('T-');
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const traces =
    content.kind === 'lines'
      ? parseEvents(content.records, stem, skips)
      : content.kind === 'document' && isThread(content.document)
        ? [parseThread(content.document, stem, skips)]
        : [];
  return { traces, skipped: skips.findings() };
}

function parseThread(thread: JsonObject, stem: string, skips: Skips): Trace {
  const messages = objectsIn(thread['messages'], skips, 'messages');
  const transcript = createTranscript();
  for (const message of messages) addMessage(transcript, message, skips);
  const id = idOf(thread['id']) ?? stem;
  const parent = idOf(thread['mainThreadID']);
  const usages = messages.map(({ usage }) => objectOf(usage));
  const tree = objectOf(objectsOf(objectOf(objectOf(thread['env'])['initial'])['trees'])[0]);
  const cwd = folderOf(tree['uri']);
  const span = timeSpan([
    millisecondsAsTime(thread['created']),
    ...messages.map(({ meta }) => millisecondsAsTime(objectOf(meta)['sentAt'])),
    ...usages.map(({ timestamp }) => textOf(timestamp)),
  ]);
  const ancestor = objectsOf(thread['relationships']).find(({ role }) => role === 'child');
  return {
    traceId: id,
    rootSessionId: parent ?? id,
    agentId: parent === undefined ? undefined : id,
    isSidechain: parent !== undefined,
    cwd,
    projectPath: cwd,
    gitBranch: textOf(objectOf(tree['repository'])['ref'])?.replace(/^refs\/heads\//, ''),
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    meta: compact({
      record_count: messages.length,
      title: textOf(thread['title']),
      agent_mode: textOf(thread['agentMode']),
      cli_version: textOf(
        objectOf(objectOf(objectOf(thread['env'])['initial'])['platform'])['clientVersion'],
      ),
      models_used: filled(distinctTexts(usages.map(({ model }) => model))),
      token_usage: tokensOf(
        usages,
        'inputTokens',
        'outputTokens',
        'cacheCreationInputTokens',
        'cacheReadInputTokens',
      ),
      forked_from_id: ancestor?.['type'] === 'fork' ? textOf(ancestor['threadID']) : undefined,
      parent_thread_id: ancestor?.['type'] === 'fork' ? undefined : textOf(ancestor?.['threadID']),
    }),
  };
}

/** The path of a `file:` address, the same on every machine. */
function folderOf(uri: Json | undefined): string | undefined {
  const address = textOf(uri);
  if (address?.startsWith('file://') !== true) return address;
  const path = address.replace(/^file:\/\/(?:localhost)?/, '');
  try {
    return decodeURIComponent(path).replace(/^\/(?=[A-Za-z]:)/, '');
  } catch {
    return path;
  }
}

function tokensOf(
  usages: readonly JsonObject[],
  ...keys: readonly [string, string, string, string]
): JsonObject | undefined {
  return usages.some((usage) => keys[0] in usage) ? tokenSums(usages, keys) : undefined;
}

function addMessage(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const { role, content, source, state } = message;
  if (role === 'assistant') addAnswer(transcript, content, skips);
  else if (role === 'user') {
    const kind = objectOf(source)['type'] === 'course-correction' ? 'meta' : undefined;
    addInput(transcript, content, kind, skips);
  } else if (role === 'info') for (const block of objectsOf(content)) addInfo(transcript, block);
  else skips.add('messages with an unknown role');
  const { type, error } = objectOf(state);
  if (type === 'error') transcript.addMessage('system', textOf(objectOf(error)['message']), 'error');
}

/** What the program tells: notes for the model, commands that the user ran, and summaries. */
function addInfo(transcript: Transcript, block: JsonObject): void {
  const { type, text, summary, args, toolRun, hidden } = block;
  if (type === 'text') transcript.addMessage('user', text, 'meta');
  else if (type === 'summary' && objectOf(summary)['type'] === 'message') {
    transcript.addMessage('system', objectOf(summary)['summary'], 'summary');
  } else if (type === 'manual_bash_invocation' && hidden !== true) {
    const { output, exitCode } = objectOf(objectOf(toolRun)['result']);
    const exit = exitCode === undefined || exitCode === 0 ? [] : [`Exit code ${textOf(exitCode) ?? ''}`];
    const lines = [`Ran \`${textOf(objectOf(args)['cmd']) ?? ''}\``, ...distinctTexts([output]), ...exit];
    transcript.addMessage('user', lines.join('\n\n'));
  }
}

function addAnswer(transcript: Transcript, content: Json | undefined, skips: Skips): void {
  const { rest, reasoning, calls } = splitBlocks(content, skips);
  transcript.addAssistant({ content: contentBlocks(rest), reasoning, calls });
}

/** The results of calls, and what the user typed. */
function addInput(
  transcript: Transcript,
  content: Json | undefined,
  kind: MessageKind | undefined,
  skips: Skips,
): void {
  const { rest, results } = splitBlocks(content, skips);
  for (const result of results) {
    // A call that still runs, or waits for the user, has no result yet.
    if (WAITING.has(objectOf(result['run'])['status'])) continue;
    const { output, isError } = 'run' in result ? outcomeOf(objectOf(result['run'])) : plainOutcome(result);
    transcript.addResult(idOf(result['toolUseID'] ?? result['tool_use_id']), output, isError);
  }
  transcript.addMessage('user', rest, kind);
}

const WAITING: ReadonlySet<Json | undefined> = new Set(['queued', 'in-progress', 'blocked-on-user']);

interface Outcome {
  readonly output: Json | undefined;
  readonly isError: boolean;
}

/** In logs of `--stream-json`, results have Anthropic's layout. */
function plainOutcome({ content, is_error: isError }: JsonObject): Outcome {
  return { output: content, isError: isError === true };
}

/** What the model is told about a run. */
function outcomeOf(run: JsonObject): Outcome {
  const { status, result, error, reason } = run;
  if (status === 'error') return { output: firstText([objectOf(error)['message'], error]), isError: true };
  if (status === 'cancelled' || status === 'rejected-by-user') {
    const what = status === 'cancelled' ? 'cancelled' : 'rejected by user';
    return { output: [`Tool execution ${what}`, ...distinctTexts([reason])].join(': '), isError: true };
  }
  const isBlocks =
    listOf(result).length > 0 && listOf(result).every((block) => typeof objectOf(block)['type'] === 'string');
  if (typeof result === 'string' || isBlocks) return { output: result, isError: false };
  return {
    output: result === undefined ? undefined : JSON.stringify(withoutData({ result })['result']),
    isError: false,
  };
}

/** The log of a run: a session, and a conversation for every sub-agent, named after the call that started it. */
function parseEvents(events: readonly JsonObject[], stem: string, skips: Skips): readonly Trace[] {
  const start = objectOf(events.find(({ type, subtype }) => type === 'system' && subtype === 'init'));
  const id = firstText(events.map(({ session_id: session }) => session)) ?? stem;
  const cwd = textOf(start['cwd']);
  const byCall = groupBy(events, ({ parent_tool_use_id: call }) => idOf(call) ?? '');
  return Array.from(new Map([['', []], ...byCall]), ([call, records]): Trace => {
    const transcript = createTranscript();
    for (const { type, message } of records) {
      const { content } = objectOf(message);
      if (type === 'assistant') addAnswer(transcript, content, skips);
      else if (type === 'user') addInput(transcript, content, undefined, skips);
    }
    const answers = records.map(({ message }) => objectOf(message));
    const isMain = call === '';
    const usages = answers.map(({ usage }) => objectOf(usage));
    return {
      traceId: isMain ? id : `${id}:${call}`,
      rootSessionId: id,
      agentId: isMain ? undefined : call,
      isSidechain: !isMain,
      cwd,
      projectPath: cwd,
      messages: transcript.messages(),
      meta: compact({
        record_count: records.length,
        models_used: filled(distinctTexts(answers.map(({ model }) => model))),
        token_usage: tokensOf(
          usages,
          'input_tokens',
          'output_tokens',
          'cache_creation_input_tokens',
          'cache_read_input_tokens',
        ),
        parent_tool_call_id: isMain ? undefined : call,
      }),
    };
  });
}
