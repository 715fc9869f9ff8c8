import type { Json, JsonObject } from '../core/json.js';
import { compact, firstText, idOf, objectOf } from './fields.js';
import { objectsIn, type Skips } from './skips.js';
import type { CallPart } from './transcript.js';

/** Tool calls in OpenAI's layout: `{ id, function: { name, arguments } }`, or the same without `function`. */
export function openAiCalls(value: Json | undefined, skips: Skips): readonly CallPart[] {
  const calls: CallPart[] = [];
  for (const call of objectsIn(value, skips, 'tool calls')) {
    const fn = objectOf(call['function']);
    const name = firstText([fn['name'], call['name']]);
    if (name === undefined) skips.add('tool calls without a name');
    else {
      const id = idOf(call['id']) ?? idOf(call['call_id']);
      const given = Object.hasOwn(fn, 'arguments') ? fn['arguments'] : call['arguments'];
      calls.push({ id, name, arguments: given });
    }
  }
  return calls;
}

/** The definition of a tool in OpenAI's layout. */
export function openAiTool({ name, description, parameters }: JsonObject): JsonObject {
  return { type: 'function', function: compact({ name, description, parameters }) };
}
