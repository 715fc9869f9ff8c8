import { isObject, jsonIn, type Json, type JsonObject } from '../../json.js';
import { err, ok, type Result } from '../../result.js';
import { errorOfResponse, notAnAnswer } from './call-errors.js';
import { kindOfBody } from './error-body.js';
import { tokenCount } from './token-count.js';
import type { Answer, CallError, Model, Usage } from '../types.js';

/**
 * Reads the body of a 200, whatever its content type. Proxies answer 200 with HTML, gateways with an error
 * inside: neither is taken for an answer.
 */
export function readChatAnswer(body: string, model: Model): Result<Answer, CallError> {
  const completion = jsonIn(body);
  if (!isObject(completion)) return err(notAnAnswer(model, kindOfBody(body, completion)));
  if (isObject(completion.error)) return err(errorInside(completion, completion.error, model));
  const choice = firstObject(completion.choices);
  if (!choice) return err(notAnAnswer(model, 'no choices'));
  if (isObject(choice.error)) return err(errorInside(choice, choice.error, model));
  if (!isObject(choice.message)) return err(notAnAnswer(model, 'a choice without a message'));

  const { message } = choice;
  const { refusal } = message;
  const refused = typeof refusal === 'string' && refusal !== '' && !message.content;
  const reasoning = message.reasoning ?? message.reasoning_content;
  return ok({
    text: refused ? refusal : (toolArguments(message) ?? textOf(message.content)),
    finishReason: refused ? 'content_filter' : String(choice.finish_reason ?? 'stop'),
    usage: usageOf(completion.usage),
    ...(typeof reasoning === 'string' && reasoning !== '' ? { reasoning } : {}),
    ...(typeof completion.model === 'string' ? { model: completion.model } : {}),
  });
}

/** OpenRouter answers 200 when the model behind it failed, with the status as `error.code`. */
function errorInside(body: JsonObject, error: JsonObject, model: Model): CallError {
  const status = Number(error.code);
  return errorOfResponse(
    {
      status: status >= 400 && status < 600 ? status : 502,
      headers: { get: () => null },
      body: JSON.stringify(body),
    },
    model,
  );
}

/** Where a tool is called, what it is called with is the answer: the words beside it are not. */
function toolArguments(message: JsonObject): string | undefined {
  const call = firstObject(message.tool_calls);
  const given = isObject(call?.function) ? call.function.arguments : undefined;
  return given === undefined || typeof given === 'string' ? given : JSON.stringify(given);
}

/** Text, or the text parts of a list of parts. */
function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: Json) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

function usageOf(usage: Json | undefined): Usage {
  const counts = isObject(usage) ? usage : {};
  const input = isObject(counts.prompt_tokens_details) ? counts.prompt_tokens_details : {};
  const output = isObject(counts.completion_tokens_details) ? counts.completion_tokens_details : {};
  return {
    input: tokenCount(counts.prompt_tokens),
    output: tokenCount(counts.completion_tokens),
    cached: tokenCount(input.cached_tokens),
    reasoning: tokenCount(output.reasoning_tokens),
  };
}

function firstObject(list: Json | undefined): JsonObject | undefined {
  const first: Json | undefined = Array.isArray(list) ? (list[0] as Json) : undefined;
  return isObject(first) ? first : undefined;
}
