import { join } from 'node:path';
import type { Json, JsonObject } from '../../core/json.js';
import { contentBlocks } from '../content.js';
import { compact, distinctTexts, filled, idOf, listOf, objectOf, objectsOf, textOf } from '../fields.js';
import {
  lineOf,
  recordsOf,
  type Machine,
  type ParsedTraces,
  type RolloutFormat,
  type Trace,
  type TraceContent,
  type TraceFile,
} from '../format.js';
import { openAiCalls } from '../openai-calls.js';
import { lineName } from '../paths.js';
import { createSkips, objectsIn, type Skips } from '../skips.js';
import { secondsAsTime, timeSpan } from '../timestamps.js';
import { createTranscript, type Transcript } from '../transcript.js';

/**
 * mini-SWE-agent: one `.traj.json` document per run, with the messages that the model saw. Models that cannot call
 * tools write their commands into the text, and the output is a message of the user. Of models behind OpenAI's
 * Responses interface the answers are kept as they came: a list of items.
 */
export const miniSweAgent: RolloutFormat = {
  name: 'mini_swe_agent',
  filePattern: '*.traj.json',
  defaultFolders,
  owns: (path) => /\.traj\.json$/i.test(path),
  recognises: (content: TraceContent) => recordsOf(content).slice(0, 20).some(isRun),
  parse,
};

/** The folder of settings, on Linux, macOS and Windows: the last run is beside them. */
function defaultFolders({ env, homeDir }: Machine): readonly string[] {
  const { MSWEA_GLOBAL_CONFIG_DIR: own, XDG_CONFIG_HOME: xdg, LOCALAPPDATA: local } = env;
  if (own) return [own];
  return [
    join(xdg || join(homeDir, '.config'), 'mini-swe-agent'),
    join(homeDir, 'Library', 'Application Support', 'mini-swe-agent'),
    ...(local ? [join(local, 'mini-swe-agent', 'mini-swe-agent')] : []),
  ];
}

/** The first versions wrote no `trajectory_format`. */
function isRun({ trajectory_format: format, messages, info }: JsonObject): boolean {
  if (!Array.isArray(messages) || messages.length === 0) return false;
  const stats = objectOf(objectOf(info)['model_stats']);
  return String(format).startsWith('mini-swe-agent') || stats['api_calls'] !== undefined;
}

function parse({ content, stem }: TraceFile): ParsedTraces {
  const skips = createSkips();
  const documents = recordsOf(content);
  const name = stem.replace(/\.traj$/, '');
  const traces = documents.flatMap((document, at) => {
    // Datasets have a run on each line.
    const id = documents.length > 1 ? lineName(name, lineOf(content, at)) : name;
    return isRun(document) ? [parseRun(document, id, skips)] : [];
  });
  return { traces, skipped: skips.findings() };
}

function parseRun(document: JsonObject, name: string, skips: Skips): Trace {
  const transcript = createTranscript();
  const messages = objectsIn(document['messages'], skips, 'messages');
  const last = messages.findLast(({ role, object }) => role === 'assistant' || object === 'response');
  const submits = callIdsOf(last);
  const info = objectOf(document['info']);
  const submission = textOf(info['submission']);
  for (const [at, message] of messages.entries()) {
    // Version 1 ends with what was submitted, in the name of the user.
    const isCopy =
      at === messages.length - 1 && submission !== undefined && message['content'] === submission;
    const isSubmitted = objectOf(message['extra'])['exit_status'] === 'Submitted';
    // What follows the mark of the end in the output of the last command; the message is written in its place.
    if (isSubmitted && submits.length === 1) transcript.addResult(submits[0], message['content']);
    else if (!isSubmitted) addMessage(transcript, message, isCopy, skips);
  }
  const id = idOf(document['instance_id']) ?? name;
  const config = objectOf(info['config']);
  const cwd = textOf(objectOf(config['environment'])['cwd']);
  const span = timeSpan(messages.map(timeOfMessage));
  return {
    traceId: id,
    rootSessionId: id,
    cwd,
    projectPath: cwd,
    startedAt: span.earliest,
    endedAt: span.latest,
    messages: transcript.messages(),
    ...(info['exit_status'] === 'Submitted' && { finish: '' }),
    meta: compact({
      record_count: listOf(document['messages']).length,
      trajectory_format: textOf(document['trajectory_format']),
      mini_version: textOf(info['mini_version']),
      models_used: filled(modelsOf(messages, objectOf(config['model']))),
      exit_status: textOf(info['exit_status']),
      submission,
      model_stats: filled(objectOf(info['model_stats'])),
    }),
  };
}

function callIdsOf(message: JsonObject | undefined): readonly string[] {
  const items = objectsOf(message?.['output']).map(({ call_id: id }) => id);
  return distinctTexts([...items, ...objectsOf(message?.['tool_calls']).map(({ id }) => id)]);
}

function timeOfMessage({ extra, timestamp }: JsonObject): string | undefined {
  return secondsAsTime(objectOf(extra)['timestamp'] ?? timestamp);
}

/** The models that answered, otherwise the one in the settings. */
function modelsOf(messages: readonly JsonObject[], settings: JsonObject): readonly string[] {
  const answered = distinctTexts(
    messages.map(({ extra, model }) => objectOf(objectOf(extra)['response'])['model'] ?? model),
  );
  return answered.length > 0 ? answered : distinctTexts([settings['model_name']]);
}

/** @param isCopy repeats what the row has elsewhere */
function addMessage(transcript: Transcript, message: JsonObject, isCopy: boolean, skips: Skips): void {
  const { role, type, content, extra } = message;
  const failed = textOf(objectOf(extra)['exception_info']) !== undefined;
  if (message['object'] === 'response') addItems(transcript, message, skips);
  else if (type === 'function_call_output') {
    transcript.addResult(idOf(message['call_id']), message['output'], failed);
  } else if (role === 'tool') transcript.addResult(idOf(message['tool_call_id']), content, failed);
  else if (role === 'system' || role === 'user') {
    transcript.addMessage(role, content, role === 'user' && isCopy ? 'meta' : undefined);
  } else if (role === 'assistant') {
    const thoughts = objectsOf(message['thinking_blocks']).map(({ thinking }) => thinking);
    transcript.addAssistant({
      content: content === '' ? [] : contentBlocks(content),
      reasoning: distinctTexts(thoughts.length > 0 ? thoughts : [message['reasoning_content']]),
      calls: openAiCalls(message['tool_calls'], skips),
    });
  } else if (role === 'exit') transcript.addMessage('system', content, 'error');
  else skips.add('messages with an unknown role');
}

/** An answer of the Responses interface. */
function addItems(transcript: Transcript, message: JsonObject, skips: Skips): void {
  const response = idOf(message['id']) ?? 'answer';
  transcript.add({ kind: 'end' });
  for (const item of objectsIn(message['output'], skips, 'items')) {
    const { type, content, summary } = item;
    if (type === 'message') transcript.addAssistant({ response, content: contentBlocks(content) });
    else if (type === 'function_call') {
      transcript.addAssistant({
        response,
        calls: openAiCalls([{ ...item, id: item['call_id'] ?? null }], skips),
      });
    } else if (type === 'reasoning') {
      // Open models give the text itself, others a summary.
      const texts = textsOf(content);
      transcript.addAssistant({ response, reasoning: texts.length > 0 ? texts : textsOf(summary) });
    } else skips.add('items of an unknown type');
  }
  transcript.add({ kind: 'end' });
}

function textsOf(value: Json | undefined): readonly string[] {
  return distinctTexts(objectsOf(value).map(({ text }) => text));
}
