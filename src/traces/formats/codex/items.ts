import type { Json, JsonObject } from '../../../core/json.js';
import { objectOf, objectsOf, textOf } from '../../fields.js';
import type { CodexLine } from './lines.js';

/**
 * The lines of a rollout; where it has no response items, those that its events about completed items stand for.
 * Otherwise these events only repeat the response items.
 */
export function withItems(lines: readonly CodexLine[]): readonly CodexLine[] {
  if (lines.some(({ type }) => type === 'response_item')) return lines;
  return lines.flatMap((line) => {
    const item = line.payload['type'] === 'item_completed' ? objectOf(line.payload['item']) : {};
    const items = responseItems(item);
    return items.length === 0
      ? [line]
      : items.map((payload) => ({ type: 'response_item', timestamp: line.timestamp, payload }));
  });
}

function responseItems(item: JsonObject): readonly JsonObject[] {
  const { id, command, exit_code: exitCode } = item;
  const output = item['aggregated_output'] ?? item['output'];
  switch (textOf(item['type'])?.toLowerCase().replaceAll('_', '')) {
    case 'usermessage':
      return [{ type: 'message', role: 'user', content: blocksOf(item) }];
    case 'agentmessage':
      return [{ type: 'message', role: 'assistant', content: blocksOf(item) }];
    case 'reasoning': {
      const texts = [item['summary_text'] ?? item['summary'] ?? item['text'] ?? []].flat();
      return [{ type: 'reasoning', summary: texts.map((text) => ({ text })) }];
    }
    case 'commandexecution':
      return [
        {
          type: 'function_call',
          call_id: id ?? null,
          name: 'shell',
          arguments: { command: command ?? null },
        },
        ...(output === undefined || id === undefined
          ? []
          : [{ type: 'function_call_output', call_id: id, output: resultOf(output, exitCode) }]),
      ];
    default:
      return [];
  }
}

/** `{type: 'Text', text}`, or the text of the item. */
function blocksOf({ content, text }: JsonObject): Json {
  if (content === undefined) return text ?? '';
  return objectsOf(content).map((block) => ({
    ...block,
    type: String(block['type'] ?? 'text').toLowerCase(),
  }));
}

function resultOf(output: Json, exitCode: Json | undefined): Json {
  return typeof exitCode === 'number' && exitCode !== 0 ? { content: output, success: false } : output;
}
