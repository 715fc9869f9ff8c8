import { isObject, type Json, type JsonObject } from '../../core/json.js';

/**
 * The text of a message: a string, or the text of a list of parts (OpenAI, Mistral). Parts with thinking are left
 * out. Some gateways give JSON as it is, in place of its text.
 */
export function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content))
    return content.map((part: Json) => (isThinking(part) ? '' : textOfPart(part))).join('');
  return isObject(content) ? JSON.stringify(content) : '';
}

/**
 * The thinking of a message, from the first place that has some: `reasoning` (vLLM, OpenRouter),
 * `reasoning_content` (DeepSeek and most others), `thinking`, OpenRouter's `reasoning_details`, litellm's
 * `thinking_blocks`, or parts of the content (Mistral).
 */
export function reasoningOf(message: JsonObject): string | undefined {
  return thoughtsOf(message).find((text) => text.trim() !== '');
}

/** The same of a part of a message, where a space is a part of the thinking too; empty where there is none. */
export function reasoningIn(part: JsonObject): string {
  return thoughtsOf(part).find((text) => text !== '') ?? '';
}

function thoughtsOf(message: JsonObject): readonly string[] {
  const { reasoning, reasoning_content, thinking, reasoning_details, thinking_blocks, content } = message;
  const parts = Array.isArray(content) ? content.filter(isThinking) : [];
  const places = [reasoning, reasoning_content, thinking, reasoning_details, thinking_blocks, parts];
  return places.map(thinkingText);
}

function textOfPart(part: Json): string {
  if (typeof part === 'string') return part;
  return isObject(part) && typeof part.text === 'string' ? part.text : '';
}

/** `thinking`, `reasoning`, `reasoning.text`, `redacted_thinking`, …; Gemini marks a part with `thought: true`. */
function isThinking(part: Json): boolean {
  if (!isObject(part)) return false;
  return part.thought === true || (typeof part.type === 'string' && /think|reason|thought/i.test(part.type));
}

/** Encrypted thinking has no text. */
function thinkingText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((part: Json) => thinkingText(part)).join('');
  if (!isObject(value)) return '';
  return thinkingText(value.text ?? value.thinking ?? value.reasoning ?? value.summary ?? value.content);
}
