import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';

/**
 * The completion that a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * carries: some servers and gateways send one although it was not asked for. `undefined` where the body is no such
 * stream. An error among the events is the outcome of them all.
 */
export function completionOfEvents(body: string): JsonObject | undefined {
  const events = eventsIn(body);
  if (!events) return undefined;
  const failed = events.find(({ error }) => isObject(error));
  if (failed) return failed;
  const [only] = events;
  if (events.length === 1 && only && firstChoice(only)?.message !== undefined) return only;
  return joined(events, /^data: ?\[DONE\]/m.test(body) ? 'stop' : 'error');
}

/** The JSON of each event; `undefined` where the text has another form. Comments, such as keep-alives, are left out. */
function eventsIn(body: string): readonly JsonObject[] | undefined {
  if (!/^\s*(?:data|event|id|retry)?:/.test(body)) return undefined;
  return body.split(/\r\n\r\n|\n\n|\r\r/).flatMap((block) => {
    const data = block
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice('data:'.length).trimStart())
      .join('\n');
    const value = jsonIn(data);
    return isObject(value) ? [value] : [];
  });
}

interface ToolCall {
  readonly id: Json;
  name: string;
  arguments: string;
}

/**
 * All deltas of the first choice as one completion.
 *
 * @param reasonAtEnd the finish reason where no event has one: a stream without its last event was cut off
 */
function joined(events: readonly JsonObject[], reasonAtEnd: string): JsonObject | undefined {
  let content = '';
  let reasoning = '';
  let refusal = '';
  let finishReason: Json = null;
  let usage: Json = null;
  let model: Json = null;
  let hasChoice = false;
  const calls: ToolCall[] = [];
  for (const event of events) {
    usage = event.usage ?? usage;
    model = event.model ?? model;
    const choice = firstChoice(event);
    if (!choice) continue;
    hasChoice = true;
    finishReason = choice.finish_reason ?? finishReason;
    const delta = isObject(choice.delta) ? choice.delta : {};
    content += textOf(delta.content) ?? textOf(choice.text) ?? '';
    reasoning += textOf(delta.reasoning_content) ?? textOf(delta.reasoning) ?? '';
    refusal += textOf(delta.refusal) ?? '';
    addToolCalls(calls, delta.tool_calls);
  }
  if (!hasChoice) return undefined;
  const tool_calls = calls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
  const message: JsonObject = {
    role: 'assistant',
    content,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(refusal === '' ? {} : { refusal }),
    ...(tool_calls.length === 0 ? {} : { tool_calls }),
  };
  return { model, usage, choices: [{ index: 0, finish_reason: finishReason ?? reasonAtEnd, message }] };
}

function addToolCalls(calls: ToolCall[], deltas: Json | undefined): void {
  for (const delta of Array.isArray(deltas) ? (deltas as readonly Json[]) : []) {
    if (!isObject(delta)) continue;
    const index = typeof delta.index === 'number' ? delta.index : 0;
    const call = (calls[index] ??= { id: delta.id ?? null, name: '', arguments: '' });
    const given = isObject(delta.function) ? delta.function : {};
    call.name += textOf(given.name) ?? '';
    call.arguments += textOf(given.arguments) ?? '';
  }
}

function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  const first: Json | undefined = Array.isArray(choices) ? (choices[0] as Json) : undefined;
  return isObject(first) ? first : undefined;
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
