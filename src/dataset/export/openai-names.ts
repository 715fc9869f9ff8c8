import { isObject, type Json, type JsonObject } from '../../core/json.js';
import type { Example } from './example.js';

/** OpenAI takes names of tools of up to 64 letters, digits, `_` and `-` only, and none on the result of a tool. */

const REFUSED = /[^a-zA-Z0-9_-]/g;

const openAiName = (name: string): string => name.replaceAll(REFUSED, '_').slice(0, 64);

export function openAiMessage(message: JsonObject): JsonObject {
  const { name: _name, tool_calls: calls, ...others } = message;
  return { ...others, ...(Array.isArray(calls) && { tool_calls: (calls as readonly Json[]).map(renamed) }) };
}

export function openAiTools<E extends Pick<Example, 'tools'>>(example: E): E {
  return example.tools
    ? { ...example, tools: example.tools.map((tool) => renamed(tool) as JsonObject) }
    : example;
}

export function openAiChanges({ prompt, answers, tools = [] }: Example): readonly string[] {
  const answer = answers.kind === 'one' ? [answers.answer] : [];
  const calls = [...prompt, ...answer].flatMap(({ tool_calls }): readonly Json[] =>
    Array.isArray(tool_calls) ? tool_calls : [],
  );
  return [...tools, ...calls].some((one) => nameOf(one) !== openAiName(nameOf(one)))
    ? ["a tool's name became one that OpenAI takes"]
    : [];
}

/** A call or a definition, both have `function.name`. */
function renamed(one: Json): Json {
  if (!isObject(one) || !isObject(one['function'])) return one;
  return { ...one, function: { ...one['function'], name: openAiName(nameOf(one)) } };
}

function nameOf(one: Json): string {
  return isObject(one) && isObject(one['function']) ? String(one['function']['name']) : '';
}
