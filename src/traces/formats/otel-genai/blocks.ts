/** Blocks of a message's content, in the layouts of all vendors. */
import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { distinctTexts, firstText, idOf, objectOf, objectsOf, textOf } from '../../fields.js';
import type { CallPart } from '../../transcript.js';
import { structureIn } from './attributes.js';

/** What a tool returned. */
export interface Returned {
  readonly callId: string | undefined;
  readonly name: string | undefined;
  readonly content: Json;
  readonly isError: boolean;
}

/** A content as blocks; some instrumentations write lists of blocks as text. */
export function blocksOf(content: Json | undefined): readonly Json[] {
  if (content === undefined || content === null || content === '') return [];
  if (Array.isArray(content)) return content as readonly Json[];
  const inner = structureIn(content);
  if (Array.isArray(inner) && inner.length > 0 && inner.every((one: Json) => isBlock(one)))
    return inner as readonly Json[];
  return [content];
}

const BLOCK_KEYS: ReadonlySet<string | undefined> = new Set([
  'text',
  'toolUse',
  'toolResult',
  'reasoningContent',
  'functionCall',
  'functionResponse',
]);

/** True for a block of content, and not any JSON that someone wrote. */
export function isBlock(value: Json): boolean {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  if (typeof value['type'] === 'string') return TYPES.has(value['type']);
  return keys.length === 1 && BLOCK_KEYS.has(keys[0]);
}

interface Read {
  readonly call?: CallPart;
  readonly result?: Returned;
  readonly thought?: string;
  readonly content?: Json;
}

const TEXTS = ['text', 'input_text', 'output_text'];
const THOUGHTS = ['reasoning', 'thinking'];
const CALLS = ['tool_call', 'tool-call', 'tool_use', 'function_call', 'custom_tool_call', 'server_tool_call'];
const CALLS_OF_SERVERS = ['server_tool_use', 'mcp_tool_use'];
const RESULTS = ['tool_call_response', 'tool-result', 'tool_result', 'function_call_output'];
const RESULTS_OF_SERVERS = ['custom_tool_call_output', 'server_tool_call_response', 'tool-error'];
const MEDIA = ['image', 'image_url', 'input_image', 'file', 'blob', 'uri', 'document'];
const TYPES: ReadonlySet<string> = new Set(
  [TEXTS, THOUGHTS, CALLS, CALLS_OF_SERVERS, RESULTS, RESULTS_OF_SERVERS, MEDIA].flat(),
);

export function readBlock(given: Json): Read {
  if (!isObject(given)) return { content: given };
  // OpenInference.
  const block = isObject(given['message_content']) ? given['message_content'] : given;
  const type = textOf(block['type']) ?? '';
  if (TEXTS.includes(type)) return { content: text(block['text'] ?? block['content'] ?? '') };
  if (THOUGHTS.includes(type)) return thought(block);
  if ([...CALLS, ...CALLS_OF_SERVERS].includes(type)) return call(block);
  if ([...RESULTS, ...RESULTS_OF_SERVERS].includes(type)) return { result: result(block) };
  if (type !== '') return { content: block };
  return untyped(block);
}

/** Gemini's and Bedrock's blocks are known by their keys. */
function untyped(block: JsonObject): Read {
  const { text: given, toolUse, toolResult, reasoningContent } = block;
  const asked = block['functionCall'] ?? block['function_call'];
  const answered = block['functionResponse'] ?? block['function_response'];
  if (block['thought'] === true) return { thought: textOf(given) ?? '' };
  if (isObject(asked)) return call(asked);
  if (isObject(answered)) return { result: result(answered) };
  if (isObject(toolUse)) return call(toolUse);
  if (isObject(toolResult)) return { result: result(toolResult) };
  if (isObject(reasoningContent)) return thought(objectOf(reasoningContent['reasoningText']));
  return { content: given === undefined ? block : text(given) };
}

function text(value: Json): Json {
  return { type: 'text', text: value };
}

function thought(block: JsonObject): Read {
  const summary = objectsOf(block['summary']).map((part) => part['text'] ?? null);
  const found = firstText([block['content'], block['text'], block['thinking'], block['reasoning']]);
  const thoughts = found === undefined ? distinctTexts(summary) : [found];
  return thoughts.length === 0 ? {} : { thought: thoughts.join('\n\n') };
}

function call(block: JsonObject): Read {
  const name = firstText([block['name'], block['toolName'], block['tool_name']]);
  if (name === undefined) return { content: block };
  const args = block['arguments'] ?? block['args'] ?? block['input'];
  return { call: { id: idIn(block), name, arguments: args } };
}

function result(block: JsonObject): Returned {
  const output = block['output'];
  const { type, value } = objectOf(output);
  // The AI SDK says of which kind an output is.
  const isTagged = typeof type === 'string' && value !== undefined;
  const given =
    block['response'] ?? block['result'] ?? (isTagged ? value : output) ?? block['content'] ?? block['error'];
  return {
    callId: idIn(block),
    name: firstText([block['name'], block['toolName']]),
    content: given ?? '',
    isError:
      block['is_error'] === true ||
      block['isError'] === true ||
      block['status'] === 'error' ||
      block['type'] === 'tool-error' ||
      (isTagged && type.startsWith('error')),
  };
}

function idIn(block: JsonObject): string | undefined {
  return idOf(
    block['tool_call_id'] ??
      block['call_id'] ??
      block['toolCallId'] ??
      block['tool_use_id'] ??
      block['toolUseId'] ??
      block['id'],
  );
}
