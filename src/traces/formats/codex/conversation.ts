import type { Json, JsonObject } from '../../../core/json.js';
import type { CodexLine } from './lines.js';
import { contentBlocks, summary } from '../../content.js';
import { idOf, objectOf, objectsOf, textOf, jsonText } from '../../fields.js';
import type { Message } from '../../message.js';
import type { Skips } from '../../skips.js';
import { isContext } from './turns.js';
import { createTranscript } from '../../transcript.js';

export interface CodexConversation {
  readonly messages: readonly Message[];
  /** Reasoning without a following assistant message. */
  readonly unattachedReasoning: readonly string[];
}

/**
 * The messages of a thread. All output of the model between two inputs - a text, then calls - is one response and
 * becomes one message.
 */
export function readConversation(lines: readonly CodexLine[], skips: Skips): CodexConversation {
  const transcript = createTranscript();
  const knownReasoning = new Set(
    lines
      .filter(isItem('reasoning'))
      .flatMap(({ payload }) => [...reasoningOf(payload), ...textsOf(payload['summary'])]),
  );
  const unattachedReasoning: string[] = [];
  let pending: string[] = [];
  let response = 0;
  let hasText = false;
  /** Text after calls belongs to their response, so that results can follow both. */
  let hasCalls = false;

  function endResponse(): void {
    response += 1;
    hasCalls = false;
    hasText = false;
  }

  function takeReasoning(): readonly string[] {
    const reasoning = pending;
    pending = [];
    return reasoning;
  }

  for (const [position, { type, payload }] of lines.entries()) {
    if (type === 'compacted') {
      endResponse();
      const summary = textOf(payload['message']);
      if (summary !== undefined) transcript.addMessage('system', summary, 'summary');
    } else if (type === 'event_msg' && payload['type'] === 'agent_reasoning') {
      // Most events repeat a reasoning item.
      const text = textOf(payload['text']);
      if (text !== undefined && !knownReasoning.has(text)) pending.push(text);
    } else if (type === 'inter_agent_communication') {
      endResponse();
      transcript.addMessage('user', textOf(payload['content']), 'meta');
    } else if (type === 'response_item') {
      readItem(payload, position);
    }
  }
  return { messages: transcript.messages(), unattachedReasoning: [...unattachedReasoning, ...pending] };

  function readItem(item: JsonObject, position: number): void {
    const kind = textOf(item['type']) ?? 'unknown';
    if (kind === 'reasoning') pending.push(...reasoningOf(item));
    else if (kind === 'message' && item['role'] === 'assistant') {
      if (hasText && !hasCalls) endResponse();
      hasText = true;
      const content = contentBlocks(item['content']);
      transcript.addAssistant({ response: `${response}`, content, reasoning: takeReasoning() });
    } else if (kind === 'message' || kind === 'agent_message') {
      endResponse();
      for (const text of takeReasoning()) unattachedReasoning.push(text);
      if (kind === 'message') addInput(item['role'], item['content']);
      // Written by another agent, and not by the user.
      else transcript.addMessage('user', item['content'], 'meta');
    } else if (kind.endsWith('_call')) {
      hasCalls = true;
      const call = {
        id: idOf(item['call_id']) ?? idOf(item['id']) ?? `${kind}_${position}`,
        name: textOf(item['name']) ?? kind.slice(0, -'_call'.length),
        arguments: withoutCiphers(item['arguments'] ?? item['input'] ?? item['action']),
      };
      transcript.addAssistant({ response: `${response}`, reasoning: takeReasoning(), calls: [call] });
      // It ran during the response; the text after it already uses its result.
      if (SERVER_SIDE.has(kind)) endResponse();
    } else if (kind.endsWith('_output')) {
      endResponse();
      addOutput(item);
    } else if (!BOOKKEEPING.has(kind)) skips.add('items of an unknown type');
  }

  /** Input of the model; messages from other agents are input too. */
  function addInput(role: Json | undefined, content: Json | undefined): void {
    if (role === 'user') transcript.addMessage('user', content, isContext(content) ? 'meta' : undefined);
    else if (role === 'developer' || role === 'system') transcript.addMessage('system', content);
    else skips.add('messages with an unknown role');
  }

  function addOutput(item: JsonObject): void {
    const callId = idOf(item['call_id']);
    if (callId === undefined) {
      skips.add('tool results without a call id');
      return;
    }
    const { output, tools } = item;
    const found = tools === undefined ? undefined : jsonText(tools);
    transcript.addResult(callId, output ?? found, objectOf(output)['success'] === false);
  }
}

/** Messages between agents are encrypted in the arguments of calls. */
function withoutCiphers(given: Json | undefined): Json | undefined {
  return typeof given === 'string' ? given.replaceAll(/\bgAAAA[\w-]{40,}={0,2}/g, summary) : given;
}

/** Calls of server-side tools; the file has no results of them. */
const SERVER_SIDE: ReadonlySet<string> = new Set(['web_search_call', 'image_generation_call']);

/** Items that are not part of the conversation: states of the work tree, encrypted history. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'ghost_snapshot',
  'compaction',
  'compaction_summary',
  'context_compaction',
]);

function isItem(type: string): (line: CodexLine) => boolean {
  return (line) => line.type === 'response_item' && line.payload['type'] === type;
}

/** Reasoning in full where the file has it (open models), otherwise its summary. */
function reasoningOf({ summary, content }: JsonObject): readonly string[] {
  const full = textsOf(content);
  return full.length > 0 ? full : textsOf(summary);
}

function textsOf(blocks: Json | undefined): readonly string[] {
  return objectsOf(blocks)
    .map(({ text }) => textOf(text))
    .filter((text) => text !== undefined);
}
