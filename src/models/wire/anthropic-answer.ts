import { isObject, jsonIn, type Json, type JsonObject } from '../../json.js';
import { err, ok, type Result } from '../../result.js';
import { errorOfAnthropic, noMessage } from './anthropic-errors.js';
import { kindOfBody } from './error-body.js';
import { tokenCount } from './token-count.js';
import type { Answer, CallError, Model, Usage } from '../types.js';
import type { WireResponse } from './wire.js';

/** Reads the body of a 200: the input of the answering tool is the answer's text, thinking its reasoning. */
export function readAnthropicAnswer(body: string, model: Model): Result<Answer, CallError> {
  const message = jsonIn(body);
  if (!isObject(message)) return err(noMessage(model, kindOfBody(body, message)));
  if (isObject(message['error'])) return err(errorOfAnthropic(asError(body), model));
  const { content, stop_reason, usage } = message;
  if (!Array.isArray(content)) return err(noMessage(model, 'no content'));

  const blocks = content.filter((block: Json) => isObject(block)) as readonly JsonObject[];
  const input = blocks.find(({ type }) => type === 'tool_use')?.['input'];
  // Newer models keep what they thought to themselves: their blocks are empty.
  const reasoning = texts(blocks, 'thinking').filter(Boolean).join('\n\n');
  return ok({
    text: input === undefined ? texts(blocks, 'text').join('') : JSON.stringify(input),
    finishReason: finishReason(stop_reason),
    usage: usageOf(usage),
    ...(reasoning === '' ? {} : { reasoning }),
    ...(typeof message['model'] === 'string' ? { model: message['model'] } : {}),
  });
}

/** What blocks of a type say; a block holds it under the name of its type. */
function texts(blocks: readonly JsonObject[], type: 'text' | 'thinking'): readonly string[] {
  return blocks.filter((block) => block['type'] === type).map((block) => String(block[type] ?? ''));
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons, in OpenAI's words. */
const finishReasons: ReadonlyMap<Json | undefined, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
]);

function finishReason(stopReason: Json | undefined): string {
  return finishReasons.get(stopReason) ?? String(stopReason ?? 'stop');
}

/** Anthropic counts what it reads from its cache, and what it puts there, beside the other input. */
function usageOf(usage: Json | undefined): Usage {
  const counts = isObject(usage) ? usage : {};
  const input = tokenCount(counts['input_tokens']);
  const created = tokenCount(counts['cache_creation_input_tokens']) ?? 0;
  const cached = tokenCount(counts['cache_read_input_tokens']);
  const details = counts['output_tokens_details'];
  return {
    input: input === undefined ? undefined : input + created + (cached ?? 0),
    output: tokenCount(counts['output_tokens']),
    cached,
    reasoning: isObject(details) ? tokenCount(details['thinking_tokens']) : undefined,
  };
}

/** A gateway may answer 200 when what is behind it failed. */
function asError(body: string): WireResponse {
  return { status: 502, headers: { get: () => null }, body };
}
