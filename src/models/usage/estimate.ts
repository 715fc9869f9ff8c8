import { estimateTokens } from '../../core/estimate-tokens.js';
import type { ChatMessage } from '../types.js';

/** The approximate overhead of each message in chat templates. */
const tokensPerMessage = 4;

/**
 * What an image counts as, sounds and films likewise: the model's tiles are not known. Images of a megapixel take 765
 * (https://platform.openai.com/docs/guides/images-vision) to 1400 tokens
 * (https://platform.claude.com/docs/en/build-with-claude/vision).
 */
export const tokensPerPart = 1000;

/** Tokens of a prompt, with the overhead of chat templates. */
export function estimatePrompt(messages: readonly ChatMessage[]): number {
  return messages.reduce(
    (sum, { content, media = [] }) =>
      sum + tokensPerMessage + estimateTokens(content) + media.length * tokensPerPart,
    0,
  );
}

/** Characters of a prompt; an image counts as many as its tokens usually have. */
export function promptLength(messages: readonly ChatMessage[]): number {
  return messages.reduce(
    (sum, { content, media = [] }) => sum + content.length + media.length * tokensPerPart * 4,
    0,
  );
}
