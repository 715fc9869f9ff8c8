import type { Json, JsonObject } from '../core/json.js';
import { contentBlocks } from './content.js';
import { distinctTexts, idOf, listOf, objectOf, textOf } from './fields.js';
import type { MessageKind } from './message.js';
import type { Skips } from './skips.js';
import type { CallPart, Transcript } from './transcript.js';

/** The content of a message in Anthropic's layout, by kind of block. */
export interface Blocks {
  /** Texts, images and all other blocks; the content itself where it is no list. */
  readonly rest: Json | undefined;
  readonly reasoning: readonly string[];
  readonly calls: readonly CallPart[];
  readonly results: readonly JsonObject[];
}

/** @param skips counts calls without a name; left out where calls cannot occur */
export function splitBlocks(content: Json | undefined, skips?: Skips): Blocks {
  if (!Array.isArray(content)) return { rest: content, reasoning: [], calls: [], results: [] };
  const rest: Json[] = [];
  const reasoning: string[] = [];
  const calls: CallPart[] = [];
  const results: JsonObject[] = [];
  for (const block of listOf(content)) {
    const { type, id, name, input, thinking } = objectOf(block);
    if (type === 'thinking' && thinking !== undefined) reasoning.push(...distinctTexts([thinking]));
    else if (type === 'tool_use' || type === 'server_tool_use' || type === 'mcp_tool_use') {
      const tool = textOf(name);
      if (tool === undefined) skips?.add('tool calls without a name');
      else calls.push({ id: idOf(id), name: tool, arguments: input });
    } else if (typeof type === 'string' && type.endsWith('tool_result')) results.push(objectOf(block));
    // It is encrypted.
    else if (type !== 'redacted_thinking') rest.push(block);
  }
  return { rest: rest.length > 0 ? rest : undefined, reasoning, calls, results };
}

/** Adds a message in Anthropic's layout: results are blocks of a user's message, and come before its text. */
export function addBlocks(
  transcript: Transcript,
  role: 'user' | 'assistant',
  content: Json | undefined,
  { skips, kind }: { readonly skips: Skips; readonly kind?: MessageKind | undefined },
): void {
  const { rest, reasoning, calls, results } = splitBlocks(content, skips);
  for (const result of results) {
    transcript.addResult(idOf(result['tool_use_id']), result['content'], result['is_error'] === true);
  }
  if (role === 'user') transcript.addMessage('user', rest, kind);
  else transcript.addAssistant({ content: contentBlocks(rest), reasoning, calls, kind });
}
