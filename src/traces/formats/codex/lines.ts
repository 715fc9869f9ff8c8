import { isObject, type Json, type JsonObject } from '../../../core/json.js';
import { idOf, objectOf, textOf } from '../../fields.js';

/** A line of a rollout, in either layout. */
export interface CodexLine {
  readonly type: string;
  readonly timestamp: string | undefined;
  readonly payload: JsonObject;
}

const ENVELOPES: ReadonlySet<Json | undefined> = new Set([
  'session_meta',
  'response_item',
  'event_msg',
  'turn_context',
  'compacted',
]);

const BARE_ITEMS: ReadonlySet<Json | undefined> = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'local_shell_call',
  'local_shell_call_output',
]);

/** True when the first records of a file are those of a rollout. */
export function looksLikeCodex(records: readonly JsonObject[]): boolean {
  const head = records.slice(0, 20);
  return (
    head.some(({ type, payload }) => ENVELOPES.has(type) && isObject(payload)) ||
    head.slice(0, 1).some(isBareHeader)
  );
}

function isBareHeader({ id, timestamp, instructions, type }: JsonObject): boolean {
  return (
    type === undefined &&
    instructions !== undefined &&
    idOf(id) !== undefined &&
    textOf(timestamp) !== undefined
  );
}

/** A line whose payload is not an object gets the type `unknown`; only its timestamp is used. */
export function openEnvelope(record: JsonObject): CodexLine {
  const { type, timestamp, payload } = record;
  const line = { type: textOf(type) ?? 'unknown', timestamp: textOf(timestamp), payload: objectOf(payload) };
  // A copy of what a tool told the user, in the shape of an answer.
  if (objectOf(record['metadata'])['delivered_assistant_message'] !== undefined)
    return { ...line, type: 'retained_context' };
  if (payload !== undefined) return isObject(payload) ? line : { ...line, type: 'unknown' };
  if (BARE_ITEMS.has(type)) return { ...line, type: 'response_item', payload: record };
  return isBareHeader(record) ? { ...line, type: 'session_meta', payload: record } : line;
}
