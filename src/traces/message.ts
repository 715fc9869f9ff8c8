/**
 * The messages of a normalised trace: the same shape for all formats, so that a recipe does not depend on the tool
 * that wrote a session. Optional keys are absent when they do not apply, never null.
 */
import type { Json } from '../core/json.js';

export type Role = 'system' | 'user' | 'assistant' | 'tool';

/** Text is always `{ type: 'text', text }`; other blocks (images, documents, …) keep the keys they came with. */
export type ContentBlock = { readonly type: string; readonly text?: string; readonly [key: string]: Json };

export type ToolCall = {
  readonly id: string;
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    /** JSON text, or the text of the source as it was. */
    readonly arguments: string;
  };
};

/**
 * Marks messages that are not part of the conversation, and therefore never an answer: `meta` was added by the tool,
 * `summary` replaces compacted history, `error` reports a failed request, `copied` repeats an earlier trace.
 */
export type MessageKind = 'meta' | 'summary' | 'error' | 'copied';

export type Message = {
  readonly role: Role;
  readonly content: readonly ContentBlock[];
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  /** On tool messages: the tool reported a failure. */
  readonly is_error?: true;
  readonly kind?: MessageKind;
};
