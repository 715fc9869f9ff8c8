import type { Json } from '../core/json.js';
import { contentBlocks } from './content.js';
import { jsonText } from './fields.js';
import type { ContentBlock, Message, MessageKind } from './message.js';

/** One addition of a record to the conversation. */
export type Entry =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'assistant'; readonly part: AssistantPart }
  | { readonly kind: 'result'; readonly callId: string | undefined; readonly message: Message }
  /** Whatever follows belongs to another message, even if the response is the same. */
  | { readonly kind: 'end' };

/** A part of an assistant message, from one record. */
export interface AssistantPart {
  /** Id of the model's response; consecutive parts of one response become one message. */
  readonly response?: string | undefined;
  readonly content?: readonly ContentBlock[];
  readonly reasoning?: readonly string[];
  readonly calls?: readonly CallPart[];
  readonly kind?: MessageKind | undefined;
}

export interface CallPart {
  /** A call without an id gets one, so that its result can be assigned to it. */
  readonly id: string | undefined;
  readonly name: string;
  /** Text is kept as it is; other values become JSON text. */
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

/** The arguments of a call in the form that messages have. */
export function argumentsText(given: Json | undefined): string {
  return typeof given === 'string' ? given : jsonText(given ?? {});
}
