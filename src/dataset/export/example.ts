import { EXAMPLE_FIELDS, type ExampleField } from '../../core/config.js';
import { isObject, jsonIn, ownValue, type Json, type JsonObject } from '../../core/json.js';
import { err, ok, type Result } from '../../core/result.js';
import { chatMessages, textOf as contentText } from '../../template/chat-messages.js';
import { parseExpression } from '../../template/jsonata.js';
import { readMessages, type ReadMessages } from './messages.js';
import type { FieldMap } from './exporter.js';

/** What a row teaches. Messages have text as content, and each call of a tool has its result. */
export interface Example {
  /** The conversation before the answer. It may begin with the system's message, and ends with the user's or a tool's. */
  readonly prompt: readonly JsonObject[];
  /** The answers to learn: one of the assistant, or the better and the worse. */
  readonly answers: Answers;
  /** Definitions of tools, in OpenAI's shape. */
  readonly tools?: readonly JsonObject[];
  /** What of the row's messages was left out, joined or wrapped, in words. */
  readonly changes: readonly string[];
}

export type Answers =
  | { readonly kind: 'one'; readonly answer: JsonObject; readonly label?: boolean }
  | { readonly kind: 'pair'; readonly chosen: JsonObject; readonly rejected: JsonObject };

/** Column names that say what they hold. The first that a dataset has is taken. */
const USUAL: Readonly<Record<ExampleField, readonly string[]>> = {
  messages: ['chat', 'conversation', 'conversations', 'messages'],
  system: ['system', 'system_prompt'],
  prompt: ['prompt', 'instruction', 'sft_instruction', 'question'],
  completion: ['completion', 'response', 'sft_response', 'answer'],
  chosen: ['chosen', 'chosen_response'],
  rejected: ['rejected', 'rejected_response'],
  label: ['label'],
  tools: ['tools'],
};

/** Reads examples from rows; the error says which parts are missing, or what is wrong with an expression. */
export type ExampleReader = (row: JsonObject) => Result<Example, string>;

/**
 * Finds where the parts of an example are: in the columns that the map names, else in those with the usual names.
 * A dataset with a prompt and an answer is read as pairs, also if it has messages as well.
 *
 * @param columns names of the dataset's columns
 */
export function createExampleReader(
  columns: readonly string[],
  map: FieldMap,
  form: 'text' | 'object',
): Result<ExampleReader, string> {
  const sources = exampleSources(columns, map);
  if (!hasExample(sources)) return err(missing(columns));
  const readers = new Map<ExampleField, (row: JsonObject) => Result<Json, string>>();
  for (const [field, source] of sources) {
    const parsed = parseExpression(source);
    if (!parsed.ok)
      return err(`the expression for \`${field}\`: ${parsed.error[0]?.message ?? 'it is not JSONata'}`);
    const [column, ...below] = parsed.value.plainPath ?? [];
    readers.set(
      field,
      // The usual case needs no JSONata, which takes most of the time of an export.
      column !== undefined && below.length === 0
        ? (row) => ok(ownValue(row, column) ?? null)
        : (row) => parsed.value.evaluate(row),
    );
  }
  return ok((row) => {
    const values: Partial<Record<ExampleField, Json>> = {};
    for (const [field, read] of readers) {
      const value = read(row);
      if (!value.ok) return err(`\`${field}\`: ${value.error}`);
      values[field] = value.value;
    }
    return exampleOf(values, form);
  });
}

/** Where each part of an example is, as JSONata: what the map says, else the columns with the usual names. */
export function exampleSources(columns: readonly string[], map: FieldMap): ReadonlyMap<ExampleField, string> {
  const named = Object.keys(map).length > 0;
  const usual = (field: ExampleField): string | undefined =>
    USUAL[field].find((name) => columns.includes(name));
  const sources = new Map<ExampleField, string>();
  for (const field of EXAMPLE_FIELDS) {
    const isExtra = field === 'system' || field === 'tools';
    const source = map[field] ?? (named && !isExtra ? undefined : quoted(usual(field)));
    if (source !== undefined) sources.set(field, source);
  }
  if (sources.has('prompt') && (sources.has('completion') || sources.has('chosen')))
    sources.delete('messages');
  return sources;
}

/** True when the sources are enough for a prompt and an answer. */
export const hasExample = (sources: ReadonlyMap<ExampleField, string>): boolean =>
  sources.has('messages') || (sources.has('prompt') && (sources.has('completion') || sources.has('chosen')));

const quoted = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : `\`${name}\``;

function missing(columns: readonly string[]): string {
  return `no column says what to learn: an example needs \`prompt\` and \`completion\`, or \`messages\`; the columns are ${columns.join(', ')}`;
}

function exampleOf(
  values: Partial<Record<ExampleField, Json>>,
  form: 'text' | 'object',
): Result<Example, string> {
  const system = textOf(values.system);
  const before: readonly JsonObject[] = system === '' ? [] : [{ role: 'system', content: system }];
  const { tools, nameless } = toolsIn(values.tools);
  const read = values.messages === undefined ? undefined : readMessages(values.messages);
  const asked = isConversation(values.prompt) ? readMessages(values.prompt) : undefined;
  const base = {
    changes: [
      ...(read?.changes ?? (asked ? changesOfPrompt(asked) : [])),
      ...(nameless ? ['a tool without a name was left out'] : []),
    ],
    ...(tools.length > 0 && { tools }),
  };
  const options = { arguments: form, reasoning: 'drop' };
  if (read) {
    const chat = chatMessages(read.messages, options) as readonly JsonObject[];
    const answer = chat.at(-1);
    if (!answer) return err('the conversation has no answer');
    const hasSystem = chat[0]?.['role'] === 'system';
    return ok({
      ...base,
      prompt: [...(hasSystem ? [] : before), ...chat.slice(0, -1)],
      answers: one(answer, values),
    });
  }
  const prompt = asked
    ? openEnded(asked.messages, options)
    : textOf(values.prompt) === ''
      ? []
      : [{ role: 'user', content: textOf(values.prompt) }];
  if (prompt.length === 0) return err('the prompt is empty');
  const [chosen, rejected] = [assistant(values.chosen), assistant(values.rejected)];
  if (chosen && rejected)
    return ok({ ...base, prompt: [...before, ...prompt], answers: { kind: 'pair', chosen, rejected } });
  const answer = assistant(values.completion) ?? chosen;
  if (!answer) return err('the answer is empty');
  return ok({ ...base, prompt: [...before, ...prompt], answers: one(answer, values) });
}

const one = (answer: JsonObject, { label }: Partial<Record<ExampleField, Json>>): Answers => ({
  kind: 'one',
  answer,
  ...(typeof label === 'boolean' && { label }),
});

/** A conversation that waits for its answer. */
function openEnded(messages: readonly JsonObject[], options: JsonObject): readonly JsonObject[] {
  const chat = chatMessages(
    [...messages, { role: 'assistant', content: '…' }],
    options,
  ) as readonly JsonObject[];
  return chat.slice(0, -1);
}

/** An answer as text, or as the messages of which the last is the answer. */
function assistant(value: Json | undefined): JsonObject | undefined {
  const last = isConversation(value) ? readMessages(value).messages.at(-1) : undefined;
  const content = textOf(last ? last['content'] : value);
  return content === '' ? undefined : { role: 'assistant', content };
}

/** A message, or a list of them: not a list of content blocks. */
function isConversation(value: Json | undefined): value is Json {
  const list: readonly Json[] = Array.isArray(value) ? value : [value ?? null];
  return list.length > 0 && list.every((one) => isObject(one) && (one['role'] ?? one['from']) !== undefined);
}

/** A prompt waits for its answer, so it does not end with one. */
function changesOfPrompt({ messages, changes }: ReadMessages): readonly string[] {
  const others = changes.filter((change) => !change.includes('after the last answer'));
  const last = messages.at(-1);
  return last?.['role'] === 'assistant' && contentText(last) !== ''
    ? [...others, 'an answer at the end of a prompt was left out']
    : others;
}

/** A text, or the text of content blocks. */
function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  const isBlocks =
    Array.isArray(value) && (value as readonly Json[]).every((one) => isObject(one) && 'type' in one);
  return isBlocks ? contentText({ content: value }).trim() : JSON.stringify(value);
}

/**
 * Definitions as `{type: function, function: {…}}`, from a list or its JSON text. Bare ones get the frame; the schema
 * of what they take is `input_schema` in Anthropic's API and `inputSchema` in MCP. OpenAI's built-in tools have no
 * name, and no trainer takes them.
 */
function toolsIn(value: Json | undefined): {
  readonly tools: readonly JsonObject[];
  readonly nameless: boolean;
} {
  const list: Json | undefined = typeof value === 'string' ? jsonIn(value) : value;
  const given = (Array.isArray(list) ? (list as readonly Json[]) : []).filter(isObject);
  const tools = given.map(functionIn).filter(({ name }) => typeof name === 'string' && name !== '');
  return {
    tools: tools.map((tool) => ({ type: 'function', function: tool })),
    nameless: tools.length < given.length,
  };
}

function functionIn(tool: JsonObject): JsonObject {
  const {
    type: _type,
    input_schema,
    inputSchema,
    parameters,
    ...others
  } = isObject(tool['function']) ? tool['function'] : tool;
  const schema = parameters ?? input_schema ?? inputSchema;
  const read = typeof schema === 'string' ? jsonIn(schema) : schema;
  return { ...others, ...(isObject(read) && { parameters: read }) };
}
