import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { textBlock, withoutData } from '../../content.js';
import { listOf, objectOf, textOf } from '../../fields.js';
import type { ContentBlock } from '../../message.js';

/** The parts of a content, by kind. */
export interface Parts {
  readonly content: readonly ContentBlock[];
  readonly reasoning: readonly string[];
  /** `{ id, name, args }` */
  readonly calls: readonly JsonObject[];
  /** `{ id, name, response }` */
  readonly results: readonly JsonObject[];
}

/** Reads Gemini's content: a text, a part, or a list of both. */
export function readParts(value: Json | undefined): Parts {
  const content: ContentBlock[] = [];
  const reasoning: string[] = [];
  const calls: JsonObject[] = [];
  const results: JsonObject[] = [];
  for (const item of Array.isArray(value) ? listOf(value) : [value ?? null]) {
    const part = isObject(item) ? item : { text: item };
    if (isObject(part['functionCall'])) calls.push(part['functionCall']);
    else if (isObject(part['functionResponse'])) results.push(part['functionResponse']);
    else if (part['text'] === undefined) content.push(otherBlock(part));
    else {
      const text = textOf(part['text']);
      if (text !== undefined && part['thought'] === true) reasoning.push(text);
      else if (text !== undefined) content.push(textBlock(text));
    }
  }
  return { content, reasoning, calls, results };
}

/** `{ inlineData: … }`, `{ fileData: … }`, …: the first key becomes the type. */
function otherBlock(part: JsonObject): ContentBlock {
  const type = Object.keys(part)[0] ?? 'unknown';
  return { ...withoutData(part), type };
}

export interface Outcome {
  readonly content: readonly ContentBlock[];
  readonly isError: boolean;
}

/** `{ output }`, `{ error }`, or any other answer of a tool. */
export function outcomeOf(response: Json | undefined): Outcome {
  const { output, error } = objectOf(response);
  const text = textOf(output) ?? textOf(error) ?? (output === undefined ? textOf(response) : '');
  return { content: text === undefined ? [] : [textBlock(text)], isError: error !== undefined };
}
