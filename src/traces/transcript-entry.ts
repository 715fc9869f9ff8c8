import type { Json } from '../core/json.js';
import { contentBlocks } from './content.js';
import { jsonText } from './fields.js';
import type { ContentBlock, Message, MessageKind } from './message.js';

/** What one record of a session adds to its conversation. */
export type Entry =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'assistant'; readonly part: AssistantPart }
  | { readonly kind: 'result'; readonly callId: string | undefined; readonly message: Message }
  /** What comes next belongs to another message, even if the response is the same. */
  | { readonly kind: 'end' };

/** What one record of a session adds to a message of the assistant. */
export interface AssistantPart {
  /** Names the model's response; parts of one response that follow each other become one message. */
  readonly response?: string | undefined;
  readonly content?: readonly ContentBlock[];
  readonly reasoning?: readonly string[];
  readonly calls?: readonly CallPart[];
  readonly kind?: MessageKind | undefined;
}

export interface CallPart {
  /** A call without an id gets one: results cannot be told apart without. */
  readonly id: string | undefined;
  readonly name: string;
  /** Text is kept word for word; other values become JSON text. */
  readonly arguments: Json | undefined;
}

export function messageEntry(
  role: 'system' | 'user',
  content: Json | undefined,
  kind: MessageKind | undefined,
): Entry {
  return { kind: 'message', message: { role, content: contentBlocks(content), ...(kind && { kind }) } };
}

export function resultEntry(
  callId: string | undefined,
  content: Json | undefined,
  isError: boolean,
  kind?: MessageKind,
): Entry {
  const message: Message = {
    role: 'tool',
    content: contentBlocks(content),
    ...(callId !== undefined && { tool_call_id: callId }),
    ...(isError && { is_error: true }),
    ...(kind && { kind }),
  };
  return { kind: 'result', callId, message };
}

/** The arguments of a call as a message has them. */
export function argumentsText(given: Json | undefined): string {
  return typeof given === 'string' ? given : jsonText(given ?? {});
}
