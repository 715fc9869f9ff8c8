import { estimateTokens } from '../core/estimate-tokens.js';
import { isObject, jsonIn, type Json, type JsonObject } from '../core/json.js';
import { fit } from './jinja/filters.js';

/**
 * `$chatMessages(messages, options)` of JSONata: the messages of a trace in the shape that trainers and chat templates
 * take (OpenAI's chat format, "conversational" with tools in TRL): contents are text, a conversation begins with the
 * user and ends with the assistant, every call has its result, and no two users or plain assistants follow each other.
 * What a template refuses or a trainer drops is joined or left out, never made up.
 */
interface Options {
  /** `keep` leaves `reasoning_content` on the messages of the assistant. Default `drop`. */
  readonly reasoning: 'keep' | 'drop';
  /** `text`: JSON text, as OpenAI has it. `object`: as templates of local models want it. Default `text`. */
  readonly arguments: 'text' | 'object';
  /** Bytes of one tool result; longer ones lose their middle. */
  readonly toolResult: number | undefined;
  /** Estimated tokens of the conversation. It is cut between turns, or between the steps of its only turn. */
  readonly tokens: number | undefined;
  /** Which turns stay when there are too many. Default `first`. */
  readonly turns: 'first' | 'last';
}

type Chat = readonly JsonObject[];

export function chatMessages(messages: Json | undefined, given: Json | undefined): Json {
  const options = optionsOf(given);
  if (messages === undefined || messages === null) return [];
  const list: Json = isObject(messages) ? [messages] : messages;
  if (!Array.isArray(list)) throw new Error('$chatMessages takes the list of messages of a trace');
  const spoken = listOf(list).filter((message) => message['kind'] === undefined);
  return cut(joined(withResults(spoken, options)), options);
}

/** The messages as text, each call with its result behind it. Calls and results that miss the other are left out. */
function withResults(messages: Chat, options: Options): Chat {
  const resultsOf = findResults(messages);
  const start = messages.findIndex(({ role }) => role !== 'system');
  const system = messages.slice(0, Math.max(0, start)).map(textOf).join('\n\n');
  return [
    ...(system === '' ? [] : [{ role: 'system', content: system }]),
    ...messages.flatMap((message, at): Chat => {
      if (message['role'] === 'user') return [{ role: 'user', content: textOf(message) }];
      return message['role'] === 'assistant' ? assistantStep(message, resultsOf(at), options) : [];
    }),
  ];
}

/** A call that has a name and a result. A call without an id gets one. */
interface Answered {
  readonly call: JsonObject;
  readonly result: JsonObject;
}

/**
 * The answered calls of the message at a place. Ids may come again in later turns, or be missing: a result belongs to
 * the last call of its id before it, and of several in one message to the one in its place. A result that comes
 * before its only call counts too. Of several results of a call, the last one counts.
 */
function findResults(messages: Chat): (at: number) => readonly Answered[] {
  const latest = new Map<string, Stretch>();
  /** Results before the only call of their id. */
  const early = new Map<string, readonly JsonObject[]>();
  const stretches = messages.map((message, at): ReadonlyMap<string, Stretch> | undefined => {
    if (message['role'] === 'tool') {
      const key = keyOf(message['tool_call_id']);
      const stretch = latest.get(key) ?? { at: -1, calls: 0, results: [] };
      latest.set(key, stretch);
      stretch.results.push(message);
    }
    if (message['role'] !== 'assistant') return undefined;
    const own = new Map<string, Stretch>();
    for (const { id } of listOf(message['tool_calls'])) {
      const key = keyOf(id);
      const last = latest.get(key);
      const stretch = last?.at === at ? last : { at, calls: 0, results: [] };
      if (last === undefined || last.calls === 0) early.set(key, last?.results ?? []);
      else early.delete(key);
      stretch.calls += 1;
      latest.set(key, stretch);
      own.set(key, stretch);
    }
    return own;
  });
  return (at) => {
    const taken = new Map<string, number>();
    return listOf(messages[at]?.['tool_calls']).flatMap((call, index): readonly Answered[] => {
      const key = keyOf(call['id']);
      const { calls = 0, results = [] } = stretches[at]?.get(key) ?? {};
      const place = taken.get(key) ?? 0;
      taken.set(key, place + 1);
      const result = calls > 1 ? results[place] : (results.at(-1) ?? early.get(key)?.at(-1));
      const name = functionOf(call)['name'];
      if (!result || typeof name !== 'string' || name === '') return [];
      return [{ call: { ...call, id: call['id'] ?? `call_${at}_${index}` }, result }];
    });
  };
}

/** From a message with calls of an id up to the next one. */
interface Stretch {
  /** The place of that message; -1 for results before the first. */
  readonly at: number;
  calls: number;
  readonly results: JsonObject[];
}

const keyOf = (id: Json | undefined): string => JSON.stringify(id ?? null);

function assistantStep(message: JsonObject, calls: readonly Answered[], options: Options): Chat {
  const content = textOf(message);
  if (content === '' && calls.length === 0) return [];
  const reasoning = message['reasoning_content'];
  return [
    {
      role: 'assistant',
      content,
      ...(options.reasoning === 'keep' && typeof reasoning === 'string' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map(({ call }) => toolCall(call, options)) }),
    },
    ...calls.map(({ call, result }): JsonObject => {
      const text = textOf(result);
      return {
        role: 'tool',
        tool_call_id: call['id'] ?? null,
        name: functionOf(call)['name'] ?? null,
        content: options.toolResult === undefined ? text : fit(text, options.toolResult),
      };
    }),
  ];
}

function toolCall(call: JsonObject, options: Options): JsonObject {
  const { name = null, arguments: given = '' } = functionOf(call);
  const parsed = typeof given === 'string' ? jsonIn(given) : given;
  // Some tools take a text, such as a patch. Templates and trainers want an object.
  const value = isObject(parsed) ? parsed : { input: parsed ?? given };
  const isAsWritten = typeof given === 'string' && isObject(parsed);
  const text = isAsWritten ? given : JSON.stringify(value);
  return {
    id: call['id'] ?? null,
    type: 'function',
    function: { name, arguments: options.arguments === 'object' ? value : text },
  };
}

/** Begins with the user, behind the system's message; joins what follows one another from the same side. */
function joined(messages: Chat): Chat {
  const done: JsonObject[] = [];
  for (const message of messages) {
    const last = done.at(-1);
    const isAnswer = message['role'] === 'assistant' || message['role'] === 'tool';
    if (isAnswer && !done.some(({ role }) => role === 'user')) continue;
    const continues = message['role'] !== 'tool' && last?.['tool_calls'] === undefined;
    if (last && continues && last['role'] === message['role'])
      done[done.length - 1] = { ...last, ...message, ...textsOf([last, message]) };
    else done.push(message);
  }
  return done;
}

function textsOf(messages: Chat): JsonObject {
  const join = (key: string): string =>
    messages
      .map((message) => message[key] ?? '')
      .filter((text) => text !== '')
      .join('\n\n');
  const reasoning = join('reasoning_content');
  return { content: join('content'), ...(reasoning !== '' && { reasoning_content: reasoning }) };
}

/** As many turns as fit. A turn is a message of the user and all that follows it up to the next one. */
function cut(messages: Chat, { tokens = Infinity, turns: side }: Options): Chat {
  const start = messages[0]?.['role'] === 'system' ? 1 : 0;
  const system = messages.slice(0, start);
  const room = tokens - sizeOf(system);
  const turns = split(messages.slice(start), ({ role }) => role === 'user');
  const wanted = side === 'first' ? turns : turns.toReversed();
  const whole = fitting(wanted, room);
  const [only = []] = wanted;
  // Not even one turn fits: as many of its steps as do. A step is a message with the results of its calls.
  const chosen =
    whole.length > 0
      ? whole
      : fitting(
          split(only, ({ role }) => role !== 'tool'),
          room,
        );
  const chat = (side === 'last' && whole.length > 0 ? chosen.toReversed() : chosen).flat();
  const end = chat.findLastIndex(({ role }) => role === 'assistant');
  return end === -1 ? [] : [...system, ...chat.slice(0, end + 1)];
}

function split(messages: Chat, isFirst: (message: JsonObject) => boolean): readonly Chat[] {
  const parts: JsonObject[][] = [];
  for (const message of messages) {
    const part = parts.at(-1);
    if (!part || isFirst(message)) parts.push([message]);
    else part.push(message);
  }
  return parts;
}

/** The longest beginning of a list of parts that has room. */
function fitting(parts: readonly Chat[], room: number): readonly Chat[] {
  if (room === Infinity) return parts;
  let left = room;
  const end = parts.findIndex((part) => (left -= sizeOf(part)) < 0);
  return end === -1 ? parts : parts.slice(0, end);
}

const sizeOf = (messages: Chat): number =>
  messages.reduce((sum, message) => sum + estimateTokens(JSON.stringify(message)), 0);

function functionOf(call: JsonObject): JsonObject {
  return isObject(call['function']) ? call['function'] : {};
}

const listOf = (value: Json | undefined): Chat => (Array.isArray(value) ? value.filter(isObject) : []);

/** The texts of a message. Of another block its type stays, so that an answer to an image does not hang in the air. */
export function textOf({ content }: JsonObject): string {
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => (typeof block['text'] === 'string' ? block['text'] : `[${String(block['type'])}]`))
    .join('\n');
}

const KEYS = ['reasoning', 'arguments', 'max_tool_result', 'max_tokens', 'turns'];

function optionsOf(given: Json | undefined): Options {
  if (given !== undefined && !isObject(given))
    throw new Error('the options of $chatMessages are an object, as in {"max_tokens": 8000}');
  const options = given ?? {};
  const unknown = Object.keys(options).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Error(`$chatMessages has no option \`${unknown}\`; its options are ${KEYS.join(', ')}`);
  return {
    reasoning: choice(options, 'reasoning', ['drop', 'keep']),
    arguments: choice(options, 'arguments', ['text', 'object']),
    toolResult: count(options, 'max_tool_result'),
    tokens: count(options, 'max_tokens'),
    turns: choice(options, 'turns', ['first', 'last']),
  };
}

function choice<T extends string>(options: JsonObject, key: string, values: readonly [T, ...T[]]): T {
  const value = options[key] ?? values[0];
  const known = values.find((one) => one === value);
  if (known === undefined) throw new Error(`\`${key}\` of $chatMessages is one of ${values.join(', ')}`);
  return known;
}

function count(options: JsonObject, key: string): number | undefined {
  const value = options[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new Error(`\`${key}\` of $chatMessages is a whole number above 0`);
}
