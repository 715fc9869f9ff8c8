import type { Json } from '../core/json.js';
import { hasContent } from './content.js';
import { createLateIndex } from './late-index.js';
import type { ContentBlock, Message, MessageKind, ToolCall } from './message.js';
import {
  argumentsText,
  messageEntry,
  resultEntry,
  type AssistantPart,
  type CallPart,
  type Entry,
} from './transcript-entry.js';

export type { CallPart } from './transcript-entry.js';

/**
 * Builds a conversation that a chat template accepts from the records of a session: the parts of one response become
 * one message, and the results of its calls follow it directly, in the order of the file, even where the tool wrote
 * them later.
 */
export interface Transcript {
  add(entry: Entry): void;
  addMessage(role: 'system' | 'user', content: Json | undefined, kind?: MessageKind): void;
  addAssistant(part: AssistantPart): void;
  /** A result of an unknown call stays where it is. */
  addResult(
    callId: string | undefined,
    content: Json | undefined,
    isError?: boolean,
    kind?: MessageKind,
  ): void;
  /** The messages so far, without empty assistant messages. */
  messages(): readonly Message[];
}

/** A message and the results that follow it. */
interface Turn {
  /** An assistant message is `undefined` until it is complete, and stays so when it is empty. */
  message: Message | undefined;
  readonly results: Message[];
}

export function createTranscript(): Transcript {
  const turns: Turn[] = [];
  /** By call id. */
  const callers = createLateIndex<Turn>();
  let callCount = 0;
  /** The response of the last turn while more parts of it may follow. */
  let open: { readonly turn: Turn; readonly draft: Draft } | undefined;

  function begin(message: Message | undefined): Turn {
    close();
    const turn = { message, results: [] };
    turns.push(turn);
    return turn;
  }

  function close(): void {
    if (open) open.turn.message = finished(open.draft);
    open = undefined;
  }

  function addPart({ response, kind, content = [], reasoning = [], calls = [] }: AssistantPart): void {
    if (open === undefined || response === undefined || open.draft.response !== response) {
      const turn = begin(undefined);
      open = { turn, draft: { response, kind, content: [], reasoning: [], calls: [] } };
    }
    const { turn, draft } = open;
    for (const block of content) draft.content.push(block);
    for (const thought of reasoning) draft.reasoning.push(thought);
    for (const call of calls) {
      callCount += 1;
      const id = call.id ?? `call_${callCount}`;
      draft.calls.push(toolCall(id, call));
      callers.add(id, turn);
    }
  }

  function add(entry: Entry): void {
    switch (entry.kind) {
      case 'message':
        begin(entry.message);
        break;
      case 'assistant':
        addPart(entry.part);
        break;
      case 'result': {
        const caller = entry.callId === undefined ? undefined : callers.get(entry.callId);
        if (caller) caller.results.push(entry.message);
        else begin(entry.message);
        break;
      }
      case 'end':
        close();
    }
  }

  return {
    add,
    addMessage(role, content, kind) {
      if (hasContent(content)) add(messageEntry(role, content, kind));
    },
    addAssistant(part) {
      add({ kind: 'assistant', part });
    },
    addResult(callId, content, isError = false, kind = undefined) {
      add(resultEntry(callId, content, isError, kind));
    },
    messages() {
      close();
      const messages: Message[] = [];
      for (const { message, results } of turns) {
        if (message) messages.push(message);
        for (const result of results) messages.push(result);
      }
      return messages;
    },
  };
}

/** An assistant message that is not complete. */
interface Draft {
  readonly response: string | undefined;
  readonly kind: MessageKind | undefined;
  readonly content: ContentBlock[];
  readonly reasoning: string[];
  readonly calls: ToolCall[];
}

function finished({ content, reasoning, calls, kind }: Draft): Message | undefined {
  if (content.length + reasoning.length + calls.length === 0) return undefined;
  // A copy has no spare capacity, a list that has grown has.
  return {
    role: 'assistant',
    content: content.slice(),
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls.slice() }),
    ...(kind && { kind }),
  };
}

function toolCall(id: string, { name, arguments: given }: CallPart): ToolCall {
  return { id, type: 'function', function: { name, arguments: argumentsText(given) } };
}
