/** Events of the agent SDK. `kind` is the class of an event; those that the model does not see are left out. */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { activePath } from '../../active-path.js';
import { contentBlocks } from '../../content.js';
import {
  decodedJson,
  distinctTexts,
  filled,
  idOf,
  jsonText,
  listOf,
  objectOf,
  objectsOf,
  textOf,
} from '../../fields.js';
import { openAiCalls } from '../../openai-calls.js';
import type { Skips } from '../../skips.js';
import { createTranscript, type CallPart, type Transcript } from '../../transcript.js';
import { outputBlocks, type ReadEvents } from './session.js';

export function isSdkEvent({ kind, source, id }: JsonObject): boolean {
  return (
    typeof kind === 'string' &&
    /(?:Event|Observation|Condensation)$/.test(kind) &&
    idOf(id) !== undefined &&
    typeof source === 'string'
  );
}

export function readSdkEvents(events: readonly JsonObject[], state: JsonObject, skips: Skips): ReadEvents {
  const path = activeBranch(events, idOf(state['leaf_event_id']));
  const transcript = createTranscript();
  /** External agents report each call again when it goes on; the last report has the result. */
  const lastReports = new Map(path.map((event) => [`${event['kind']} ${event['tool_call_id']}`, event]));
  let tools: readonly JsonObject[] = [];
  let finish: string | undefined;
  for (const event of path) {
    if (event['kind'] === 'SystemPromptEvent') tools = definitionsIn(event['tools']);
    if (
      event['kind'] === 'ACPToolCallEvent' &&
      lastReports.get(`${event['kind']} ${event['tool_call_id']}`) !== event
    )
      continue;
    if (isSaid(event)) finish = finishOf(event);
    addEvent(transcript, event, skips);
  }
  return {
    messages: transcript.messages(),
    tools: filled(tools) && jsonText(tools),
    finish,
    abandoned: events.filter(isSaid).length - path.filter(isSaid).length,
  };
}

function isSaid({ kind }: JsonObject): boolean {
  return kind === 'MessageEvent' || kind === 'ActionEvent';
}

/** Since 2026 events form a tree. In older sessions the parent of an event is the one before it. */
function activeBranch(events: readonly JsonObject[], leaf: string | undefined): readonly JsonObject[] {
  if (!events.some((event) => idOf(event['parent_id']) !== undefined)) return events;
  const isNode = ({ kind }: JsonObject): boolean =>
    kind !== 'ConversationStateUpdateEvent' && kind !== 'ConversationErrorEvent';
  const nodes = events.filter(isNode).map((event) => ({ event, link: linkOf(event) }));
  const end = leaf === undefined ? -1 : nodes.findIndex(({ event }) => event['id'] === leaf);
  const path = new Set(
    activePath((end === -1 ? nodes : nodes.slice(0, end + 1)).map(({ link }) => link)).map(({ id }) => id),
  );
  return events.filter(
    (event) => path.has(event['id'] ?? null) || event['kind'] === 'ConversationErrorEvent',
  );
}

function linkOf({ id, parent_id: parent }: JsonObject): JsonObject {
  const link = { id: id ?? null };
  if (parent === '__root__') return { ...link, parentId: null };
  return idOf(parent) === undefined ? link : { ...link, parentId: parent ?? null };
}

/** Earlier versions have the definitions as the model got them, later ones only the names of classes. */
function definitionsIn(tools: Json | undefined): readonly JsonObject[] {
  return objectsOf(tools).filter((tool) => isObject(tool['function']));
}

/** The words of a call that ends the session. */
function finishOf({ kind, tool_name: tool, action, tool_call: call }: JsonObject): string | undefined {
  if (kind !== 'ActionEvent' || tool !== 'finish') return undefined;
  const given = objectOf(decodedJson(objectOf(call)['arguments']));
  return textOf(objectOf(action)['message']) ?? textOf(given['message']) ?? '';
}

function addEvent(transcript: Transcript, event: JsonObject, skips: Skips): void {
  const callId = idOf(event['tool_call_id']);
  switch (event['kind']) {
    case 'SystemPromptEvent':
      return transcript.addMessage(
        'system',
        [event['system_prompt'], event['dynamic_context']].filter(isObject),
      );
    case 'MessageEvent':
      return addMessage(transcript, event, skips);
    case 'ActionEvent':
      return transcript.addAssistant({
        response: idOf(event['llm_response_id']),
        content: contentBlocks(event['thought']),
        reasoning: reasoningOf(event),
        calls: [callOf(event, skips)].flat(),
      });
    case 'ObservationEvent': {
      const { content, output, message, metadata, is_error: isError } = objectOf(event['observation']);
      const blocks = [
        ...outputBlocks(content ?? output ?? message, metadata),
        ...contentBlocks(event['extended_content']),
      ];
      return transcript.addResult(callId, blocks, isError === true);
    }
    case 'UserRejectObservation':
      return transcript.addResult(
        callId,
        `Action rejected: ${textOf(event['rejection_reason']) ?? ''}`,
        true,
      );
    case 'AgentErrorEvent':
      return transcript.addResult(callId, event['error'], true);
    case 'ACPToolCallEvent':
      return addReport(transcript, event);
    case 'Condensation':
      return transcript.addMessage('system', event['summary'], 'summary');
    case 'ConversationErrorEvent':
      return transcript.addMessage('system', event['detail'] ?? event['code'], 'error');
    default:
  }
}

function addMessage(transcript: Transcript, event: JsonObject, skips: Skips): void {
  const message = objectOf(event['llm_message']);
  const { role, content } = message;
  if (role === 'assistant') {
    transcript.addAssistant({
      content: contentBlocks(content),
      reasoning: reasoningOf(message),
      calls: openAiCalls(message['tool_calls'], skips),
    });
  } else if (role === 'user' || role === 'system') {
    // Hooks and the program write in the name of the user.
    transcript.addMessage(role, content, role === 'user' && event['source'] !== 'user' ? 'meta' : undefined);
  } else if (role === 'tool') transcript.addResult(idOf(message['tool_call_id']), content);
  else skips.add('messages with an unknown role');
  transcript.addMessage('user', event['extended_content'], 'meta');
}

/** Thoughts are there in up to three forms. */
function reasoningOf(said: JsonObject): readonly string[] {
  const item = objectOf(said['responses_reasoning_item']);
  const texts = [item['content'], item['summary']].map((list) => distinctTexts(listOf(list)));
  const found = [
    distinctTexts([said['reasoning_content']]),
    distinctTexts(objectsOf(said['thinking_blocks']).map(({ thinking }) => thinking)),
    ...texts,
  ];
  return found.find((list) => list.length > 0) ?? [];
}

function callOf(event: JsonObject, skips: Skips): readonly CallPart[] {
  if (isObject(event['tool_call'])) return openAiCalls([event['tool_call']], skips);
  const { kind: _, ...given } = objectOf(event['action']);
  const name = textOf(event['tool_name']);
  if (name !== undefined) return [{ id: idOf(event['tool_call_id']), name, arguments: given }];
  skips.add('tool calls without a name');
  return [];
}

/** A call of an external agent, which OpenHands only watches. */
function addReport(transcript: Transcript, event: JsonObject): void {
  const { title, tool_kind: kind, raw_input: input, raw_output: output, content } = event;
  const id = idOf(event['tool_call_id']);
  const name = textOf(kind) ?? textOf(title) ?? 'tool';
  const given = isObject(input) ? input : compactInput(title, input);
  transcript.addAssistant({ calls: [{ id, name, arguments: given }] });
  const result = textOf(output) === undefined ? filled(listOf(content)) : output;
  if (result !== undefined) transcript.addResult(id, result, event['is_error'] === true);
}

function compactInput(title: Json | undefined, input: Json | undefined): JsonObject {
  return { ...(title && { title }), ...(input && { input }) };
}
