import { isObject, type Json, type JsonObject } from '../../core/json.js';
import { reasoningIn, textOf } from './message-parts.js';
import { eventStreamIn } from './server-sent-events.js';

/**
 * The completion that a stream of events carries, asked for or not. `undefined` where the body is no such stream.
 * An error among the events is the outcome of them all.
 */
export function completionOfEvents(body: string): JsonObject | undefined {
  const stream = eventStreamIn(body);
  if (!stream) return undefined;
  const { events, isDone, wholeUntil } = stream;
  const failed = events.find(isError);
  if (failed) return withError(failed);
  const [only] = events;
  if (events.length === 1 && only && isObject(firstChoice(only)?.message)) return only;
  return joined(events, wholeUntil, isDone);
}

/** `{error: …}`, or an error by itself, as vLLM (`object: "error"`), Mistral and FastAPI send it. */
function isError(event: JsonObject): boolean {
  const { error, errors, object, type, detail, message, choices } = event;
  if (error !== undefined && error !== null && error !== false) return true;
  if (Array.isArray(choices) && choices.length > 0) return false;
  return (
    Array.isArray(errors) || object === 'error' || type === 'error' || (detail ?? message ?? null) !== null
  );
}

function withError(event: JsonObject): JsonObject {
  if (isObject(event.error)) return event;
  return { error: typeof event.error === 'string' ? { message: event.error } : event };
}

interface ToolCall {
  readonly id: Json;
  /** Keys of a vendor, such as Gemini's signature of its thinking. */
  extra: JsonObject;
  name: string;
  arguments: string;
}

/**
 * All deltas of the first choice as one completion.
 *
 * @param wholeUntil the event before which another one is missing
 * @param isDone the sender said that this is all: a stream with neither that nor a finish reason was cut off
 */
function joined(events: readonly JsonObject[], wholeUntil: number, isDone: boolean): JsonObject | undefined {
  let content = '';
  let reasoning = '';
  let refusal = '';
  let reason: string | undefined;
  let reasonAt = Infinity;
  let native: string | undefined;
  let usage: Json = null;
  let model: Json = null;
  let failure: Json = null;
  let hasChoice = false;
  const calls: ToolCall[] = [];
  for (const [index, event] of events.entries()) {
    const choice = firstChoice(event);
    usage = usageIn(event) ?? (choice && usageIn(choice)) ?? usage;
    model = event.model ?? model;
    if (!choice) continue;
    hasChoice = true;
    if (said(choice.finish_reason) !== undefined) [reason, reasonAt] = [said(choice.finish_reason), index];
    native = said(choice.native_finish_reason) ?? native;
    failure = choice.error ?? failure;
    const { delta, message, text } = choice;
    const part = isObject(delta) ? delta : isObject(message) ? message : {};
    content += typeof text === 'string' ? text : textOf(part.content);
    reasoning += reasoningIn(part);
    refusal += typeof part.refusal === 'string' ? part.refusal : '';
    addToolCalls(calls, part.tool_calls);
    if (isObject(part.function_call)) addToolCalls(calls, [{ index: 0, function: part.function_call }]);
  }
  if (!hasChoice) return undefined;
  const tool_calls = calls.filter(Boolean).map(({ id, extra, name, arguments: given }) => ({
    ...extra,
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
  // A hole is no better than a missing end; a cut event behind the end held no part of the answer.
  const end = reason ?? (isDone ? 'stop' : 'error');
  const finish_reason = wholeUntil < Infinity && wholeUntil <= reasonAt ? 'error' : end;
  return {
    model,
    usage,
    choices: [
      {
        index: 0,
        finish_reason,
        ...(native === undefined ? {} : { native_finish_reason: native }),
        ...(failure === null ? {} : { error: failure }),
        message,
      },
    ],
  };
}

/** Not said as long as it is null or empty, which some servers send with each event. */
const said = (reason: Json | undefined): string | undefined =>
  typeof reason === 'string' && reason !== '' && reason !== 'null' ? reason : undefined;

/** Of the event, of Groq's own part of it, or of the choice (Moonshot). */
function usageIn({ usage, x_groq }: JsonObject): JsonObject | undefined {
  const found = usage ?? (isObject(x_groq) ? x_groq.usage : undefined);
  return isObject(found) ? found : undefined;
}

/** The parts of a call belong together by their index; where it is missing, an id begins a new one. */
function addToolCalls(calls: ToolCall[], deltas: Json | undefined): void {
  for (const delta of Array.isArray(deltas) ? (deltas as readonly Json[]) : []) {
    if (!isObject(delta)) continue;
    const last = calls.at(-1);
    const isNew =
      last === undefined || (typeof delta.id === 'string' && delta.id !== '' && delta.id !== last.id);
    const index = typeof delta.index === 'number' ? delta.index : isNew ? calls.length : calls.length - 1;
    const call = (calls[index] ??= { id: delta.id ?? null, extra: {}, name: '', arguments: '' });
    const { id: _id, index: _index, type: _type, function: _function, ...extra } = delta;
    call.extra = { ...call.extra, ...extra };
    const given = isObject(delta.function) ? delta.function : {};
    if (call.name === '' && typeof given.name === 'string') call.name = given.name;
    call.arguments += argumentsIn(given.arguments);
  }
}

function argumentsIn(given: Json | undefined): string {
  if (typeof given === 'string') return given;
  return isObject(given) || Array.isArray(given) ? JSON.stringify(given) : '';
}

function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  const all: readonly Json[] = Array.isArray(choices) ? choices : [];
  return all.filter((choice) => isObject(choice)).find(({ index = 0 }) => index === 0);
}
