import { estimateTokens } from '../../core/estimate-tokens.js';
import type { ChatMessage } from '../types.js';

/** The approximate overhead of each message in chat templates. */
const tokensPerMessage = 4;

/** Tokens of a prompt, with the overhead of chat templates. */
export function estimatePrompt(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + tokensPerMessage + estimateTokens(content), 0);
}

/** Characters of a prompt. */
export function promptLength(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}
