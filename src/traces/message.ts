/**
 * The messages of a normalised trace: one shape for all formats, so that a recipe need not know
 * which tool wrote a session. Optional keys are absent when they do not apply, never null.
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
    /** JSON text, or the very text the source had. */
    readonly arguments: string;
  };
};

/**
 * Set on messages that neither a person nor the model wrote, and that are therefore never an answer:
 * `meta` was put in by the tool, `summary` stands for compacted history, `error` reports a failed request;
 * and on `copied` ones, which an earlier trace has already.
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
