import { isObject, jsonIn, shallowJsonIn, type JsonObject } from '../../core/json.js';

/** What a body of server-sent events holds. */
export interface EventStream {
  /** The JSON of each event, in order. */
  readonly events: readonly JsonObject[];
  /** True when the sender said that it is at the end (`[DONE]`). */
  readonly isDone: boolean;
  /** How many whole events come before the first that is cut: what it held is missing. Infinity where none is. */
  readonly wholeUntil: number;
}

/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), or JSON Lines of
 * completions in place of them. `undefined` where the text has another form. Comments, such as keep-alives, are left
 * out. An event that names itself an error is one, whatever its data are.
 */
export function eventStreamIn(body: string): EventStream | undefined {
  const isEvents = /^\s*(?:data|event|id|retry)?:/.test(body);
  if (!isEvents) return jsonLines(body);
  const events: JsonObject[] = [];
  let isDone = false;
  let wholeUntil = Infinity;
  let name = '';
  let data: string[] = [];
  const end = (): void => {
    for (const text of textsOf(data)) {
      const value = shallowJsonIn(text);
      if (/^\[done\]$/i.test(text.trim())) isDone = true;
      else if (name === 'error') events.push(asError(value, text));
      else if (isObject(value)) events.push(value);
      else if (value === undefined && /^\s*[{[]/.test(text)) wholeUntil = Math.min(wholeUntil, events.length);
    }
    [name, data] = ['', []];
  };
  for (const line of body.split(/\r\n|\n|\r/)) {
    if (line.trim() === '') end();
    else if (line.startsWith('event:')) name = line.slice('event:'.length).trim();
    else if (line.startsWith('data:')) data.push(line.slice('data:'.length));
    else if (line.trim().toLowerCase() === '[done]') isDone = true;
  }
  end();
  return { events, isDone, wholeUntil };
}

/** The data of one event: all its lines together, or one by one where a server leaves the blank lines out. */
function textsOf(lines: readonly string[]): readonly string[] {
  const whole = lines.join('\n');
  if (lines.length === 0) return [];
  return lines.length === 1 || jsonIn(whole) !== undefined ? [whole] : lines;
}

function asError(value: ReturnType<typeof jsonIn>, text: string): JsonObject {
  if (!isObject(value)) return { error: { message: value === undefined ? text.trim() : text } };
  return isObject(value.error) || typeof value.error === 'string' ? value : { error: value };
}

function jsonLines(body: string): EventStream | undefined {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || !/^\s*\{.*"choices"/.test(lines[0] ?? '')) return undefined;
  const values = lines.map((line) => shallowJsonIn(line));
  const cut = values.findIndex((value) => !isObject(value));
  const events = values.filter((value) => isObject(value));
  return { events, isDone: false, wholeUntil: cut === -1 ? Infinity : cut };
}
