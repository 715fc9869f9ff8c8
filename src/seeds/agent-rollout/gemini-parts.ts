import { isObject, type Json, type JsonObject } from '../../json.js';
import { textBlock } from './content.js';
import { withoutData } from './embedded-data.js';
import { listOf, textOf } from './fields.js';
import type { ContentBlock } from './message.js';

/** What a content of Gemini holds, told apart by kind. */
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

/** `{ inlineData: … }`, `{ fileData: … }`, …: what it is called becomes its type. */
function otherBlock(part: JsonObject): ContentBlock {
  const type = Object.keys(part)[0] ?? 'unknown';
  return { ...withoutData(part), type };
}
