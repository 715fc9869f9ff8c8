/** Events of the first generation: an action with `args`, or an observation with `content` and `extras`. */
import type { Json, JsonObject } from '../../../core/json.js';
import { contentBlocks } from '../../content.js';
import {
  distinctTexts,
  filled,
  firstText,
  idOf,
  jsonText,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../../fields.js';
import { openAiCalls } from '../../openai-calls.js';
import type { Skips } from '../../skips.js';
import { createTranscript, type Transcript } from '../../transcript.js';
import { outputBlocks, type ReadEvents } from './session.js';

export function isFirstEvent(event: JsonObject): boolean {
  const { action, observation, source, args, extras, message } = event;
  if (typeof source !== 'string' || message === undefined) return false;
  return typeof action === 'string'
    ? observation === undefined && typeof args === 'object'
    : typeof observation === 'string' && typeof extras === 'object';
}

/** The model that answered. */
export function modelOfFirst(event: JsonObject): string | undefined {
  return textOf(responseOf(event)['model']);
}

function responseOf({ tool_call_metadata: metadata }: JsonObject): JsonObject {
  return objectOf(objectOf(metadata)['model_response']);
}

export function readFirstEvents(events: readonly JsonObject[], skips: Skips): ReadEvents {
  const transcript = createTranscript();
  /** Calls by the number of their action, which observations name as their cause. */
  const calls = new Map<string, string>();
  /** Answers of the model whose text was added: each of their calls has an event of its own. */
  const seen = new Set<string>();
  let tools: readonly Json[] = [];
  let cwd: string | undefined;
  for (const event of events) {
    if (event['action'] === 'system') tools = listOf(objectOf(event['args'])['tools']);
    if (event['observation'] === 'recall') cwd ??= placeOf(objectOf(event['extras']));
    if (typeof event['action'] === 'string') addAction(transcript, event, { calls, seen }, skips);
    else if (typeof event['observation'] === 'string') addObservation(transcript, event, calls);
    else skips.add('events of an unknown shape');
  }
  return {
    messages: transcript.messages(),
    cwd,
    tools: filled(tools) && jsonText(tools),
  };
}

function placeOf({ working_dir: folder, repo_directory: repository }: JsonObject): string | undefined {
  return textOf(folder) ?? textOf(repository);
}

interface Progress {
  readonly calls: Map<string, string>;
  readonly seen: Set<string>;
}

/** Actions that only steer the program. */
const STEERING: ReadonlySet<string> = new Set(
  'null start pause resume stop change_agent_state recall condensation_request loop_recovery'.split(' '),
);

function addAction(transcript: Transcript, event: JsonObject, progress: Progress, skips: Skips): void {
  const { action, source } = event;
  const name = String(action);
  const args = objectOf(event['args']);
  if (STEERING.has(name)) return;
  if (name === 'system') return transcript.addMessage('system', args['content']);
  if (name === 'condensation') return transcript.addMessage('system', args['summary'], 'summary');
  if (name === 'message') {
    const content = [
      ...contentBlocks(args['content']),
      ...listOf(args['image_urls']).map((url) => ({ type: 'image', image_urls: [url] })),
    ];
    if (source === 'agent') return transcript.addAssistant({ content: contentBlocks(content) });
    return transcript.addMessage('user', content, source === 'user' ? undefined : 'meta');
  }
  if (source === 'user') {
    // In the words that the model gets.
    if (name === 'run')
      transcript.addMessage('user', `User executed the command:\n${textOf(args['command']) ?? ''}`);
    return;
  }
  if (name === 'finish' || name === 'reject') return addEnd(transcript, event, args);
  addCall(transcript, event, args, progress, skips);
}

/** The model gets its last answer back as a text. */
function addEnd(transcript: Transcript, event: JsonObject, args: JsonObject): void {
  const outputs = objectOf(args['outputs']);
  const said = firstText([args['final_thought'], outputs['content'], outputs['reason']]);
  const texts = distinctTexts([messageOf(event)['content'], args['thought'], said]);
  const parts = texts.length > 0 ? texts : distinctTexts([event['message']]);
  const content = parts.filter((text) => !parts.some((other) => other !== text && other.includes(text)));
  transcript.addAssistant({ content: content.flatMap(contentBlocks), reasoning: thoughtsOf(event) });
}

/** The answer of the model that an action comes from. */
function messageOf(event: JsonObject): JsonObject {
  return objectOf(objectsOf(responseOf(event)['choices'])[0]?.['message']);
}

function thoughtsOf(event: JsonObject): readonly string[] {
  const { reasoning_content: reasoning, thinking_blocks: blocks } = messageOf(event);
  const thoughts = objectsOf(blocks).map(({ thinking }) => thinking);
  return distinctTexts(thoughts.length > 0 ? thoughts : [reasoning]);
}

function addCall(
  transcript: Transcript,
  event: JsonObject,
  args: JsonObject,
  { calls, seen }: Progress,
  skips: Skips,
): void {
  const metadata = objectOf(event['tool_call_metadata']);
  const number = idOf(event['id']);
  const id = idOf(metadata['tool_call_id']) ?? `event_${number ?? calls.size}`;
  const response = idOf(responseOf(event)['id']);
  const message = messageOf(event);
  const isFirst = response === undefined || !seen.has(response);
  if (response !== undefined) seen.add(response);
  if (number !== undefined) calls.set(number, id);
  const { thought, ...given } = args;
  const own = objectsOf(message['tool_calls']).filter((call) => call['id'] === id);
  const call = {
    id,
    name: textOf(metadata['function_name']) ?? String(event['action']),
    arguments: given,
  };
  const text = textOf(message['content']) ?? (own.length > 0 ? undefined : textOf(thought));
  transcript.addAssistant({
    response,
    content: isFirst ? contentBlocks(text) : [],
    reasoning: isFirst ? thoughtsOf(event) : [],
    calls: own.length > 0 ? openAiCalls(own, skips) : [call],
  });
}

function addObservation(transcript: Transcript, event: JsonObject, calls: ReadonlyMap<string, string>): void {
  const kind = String(event['observation']);
  const extras = objectOf(event['extras']);
  if (kind === 'agent_state_changed' || kind === 'null' || kind === 'loop_detection') return;
  if (kind === 'recall') return transcript.addMessage('user', knowledgeOf(extras), 'meta');
  if (kind === 'condense') return transcript.addMessage('system', event['content'], 'summary');
  const callId =
    idOf(objectOf(event['tool_call_metadata'])['tool_call_id']) ?? calls.get(idOf(event['cause']) ?? '');
  const failed = kind === 'error' || kind === 'user_rejected';
  const content = firstText([event['content'], objectOf(extras['outputs'])['content']]);
  const blocks = outputBlocks(content, extras['metadata']);
  if (callId !== undefined) transcript.addResult(callId, blocks, failed);
  else if (failed) transcript.addMessage('system', blocks, 'error');
  // Of a command that the user ran.
  else transcript.addMessage('user', blocks, 'meta');
}

/** What OpenHands adds to a prompt from the repository and from its notes. */
function knowledgeOf(extras: JsonObject): readonly Json[] {
  return distinctTexts([
    extras['repo_instructions'],
    extras['conversation_instructions'],
    extras['additional_agent_instructions'],
    ...objectsOf(extras['microagent_knowledge']).map(({ content }) => content),
  ]).slice();
}
