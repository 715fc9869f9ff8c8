import { isObject, shallowJsonIn, type Json, type JsonObject } from '../../core/json.js';
import { eventStreamIn } from './server-sent-events.js';

/**
 * The message that a stream of Anthropic's events carries; `undefined` where the body is no such stream. An error
 * among the events is the outcome of them all.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function messageOfEvents(body: string): JsonObject | undefined {
  const stream = eventStreamIn(body);
  if (!stream) return undefined;
  const { events, wholeUntil } = stream;
  const failed = events.find((event) => event['error'] !== undefined);
  if (failed) return failed;
  const start = events.find(({ type }) => type === 'message_start')?.['message'];
  if (!isObject(start)) return undefined;
  const blocks: JsonObject[] = [];
  const input: string[] = [];
  let stop: Json | undefined = start['stop_reason'];
  let usage: Json | undefined = start['usage'];
  let stopAt = Infinity;
  for (const [at, event] of events.entries()) {
    const { type, delta, content_block } = event;
    const index = typeof event['index'] === 'number' ? event['index'] : 0;
    if (type === 'content_block_start' && isObject(content_block)) blocks[index] = content_block;
    if (!isObject(delta)) continue;
    if (type === 'message_delta') {
      stop = delta['stop_reason'] ?? stop;
      stopAt = at;
      usage = { ...(isObject(usage) ? usage : {}), ...(isObject(event['usage']) ? event['usage'] : {}) };
    } else if (type === 'content_block_delta') {
      if (typeof delta['partial_json'] === 'string')
        input[index] = (input[index] ?? '') + delta['partial_json'];
      const name = NAMES[String(delta['type'])] ?? 'text';
      if (typeof delta[name] === 'string') {
        const block = blocks[index] ?? { type: name };
        blocks[index] = { ...block, [name]: said(block[name]) + delta[name] };
      }
    }
  }
  const content = blocks.flatMap((block, index) => {
    const given = input[index];
    // What cannot be read is left to the repair of answers.
    return [
      given === undefined ? block : { ...block, type: 'tool_use', input: shallowJsonIn(given) ?? given },
    ];
  });
  // Without its last events the message was cut off.
  const isWhole = stop !== null && stop !== undefined && (wholeUntil === Infinity || wholeUntil > stopAt);
  return { ...start, content, stop_reason: isWhole ? (stop ?? null) : 'error', usage: usage ?? null };
}

/** What a delta adds to. */
const NAMES: Readonly<Record<string, string>> = { thinking_delta: 'thinking', signature_delta: 'signature' };

const said = (text: Json | undefined): string => (typeof text === 'string' ? text : '');
