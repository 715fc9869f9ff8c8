import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '../../src/core/json.js';
import { readAll } from '../traces/support.js';
import { pairs, sessions } from './awkward-rows.js';
import { datasetOf, exportedFrom } from './export-support.js';

/**
 * What the services and trainers publish about their files, recorded as JSON Schemas with their source, and the rules
 * that a schema cannot say. `scripts/trainers` runs the trainers themselves.
 */
const folder = join(import.meta.dirname, 'trainer-schemas');
const ajv = new Ajv2020({ allErrors: true, strict: false });
for (const file of readdirSync(folder))
  ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonObject);

/** What is wrong with a line. */
type Rule = (line: JsonObject) => readonly string[];

interface Reader {
  readonly schema: string;
  readonly rules: readonly Rule[];
  /** Lines that this reader has no place for, as its schema says. */
  readonly skips?: (line: JsonObject) => boolean;
}

const list = (value: Json | undefined): readonly JsonObject[] => (value ?? []) as readonly JsonObject[];
const inputOf = (line: JsonObject): readonly JsonObject[] => list((line['input'] as JsonObject)['messages']);
const whole = ({ messages, prompt, completion, chosen }: JsonObject): readonly JsonObject[] => [
  ...list(messages),
  ...list(prompt),
  ...list(completion ?? chosen),
];

/** After the system's message, the user begins, and no side speaks twice in a row. */
function takeTurns(messages: readonly JsonObject[]): readonly string[] {
  const roles = messages.map(({ role }) => role).slice(messages[0]?.['role'] === 'system' ? 1 : 0);
  const allowed: Readonly<Record<string, readonly Json[]>> = {
    user: ['assistant'],
    assistant: ['user', 'tool'],
    tool: ['tool', 'assistant', 'user'],
  };
  return [
    ...(roles[0] === 'user' ? [] : [`${String(roles[0])} begins`]),
    ...roles.flatMap((role, at) => {
      const next = roles[at + 1];
      return next === undefined || allowed[String(role)]?.includes(next)
        ? []
        : [`${String(next)} after ${String(role)}`];
    }),
  ];
}

/** The results of calls come right behind them, one each; arguments are JSON objects. */
function answerCalls(messages: readonly JsonObject[]): readonly string[] {
  let open: Json[] = [];
  const wrong: string[] = [];
  for (const message of messages) {
    if (message['role'] === 'tool') {
      const id = message['tool_call_id'] ?? null;
      if (!open.includes(id)) wrong.push(`a result without its call: ${String(id)}`);
      open = open.filter((one) => one !== id);
      continue;
    }
    if (open.length > 0) wrong.push(`calls without results: ${open.join(', ')}`);
    const calls = list(message['tool_calls']);
    open = calls.map(({ id }) => id ?? null);
    for (const { function: called } of calls) {
      const given = (called as JsonObject)['arguments'];
      const value: unknown = typeof given === 'string' ? JSON.parse(given) : given;
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        wrong.push('arguments are no object');
    }
  }
  return wrong;
}

const endsWith =
  (...roles: readonly string[]) =>
  (messages: readonly JsonObject[]): readonly string[] =>
    roles.includes(String(messages.at(-1)?.['role']))
      ? []
      : [`ends with ${String(messages.at(-1)?.['role'])}`];

const on =
  (
    part: (line: JsonObject) => readonly JsonObject[],
    ...checks: readonly ((messages: readonly JsonObject[]) => readonly string[])[]
  ): Rule =>
  (line) =>
    checks.flatMap((check) => check(part(line)));

const conversation = on(whole, takeTurns, answerCalls, endsWith('assistant'));
const prompt = on(({ prompt: messages }) => list(messages), endsWith('user', 'tool'));
const input = on(inputOf, takeTurns, answerCalls, endsWith('user', 'tool'));
const callsTools = (line: JsonObject): boolean => JSON.stringify(line).includes('"role":"tool"');
const definesTools = (line: JsonObject): boolean => 'tools' in (line['input'] as JsonObject);

/** LLaMA-Factory drops other conversations with a warning. */
const evenSides: Rule = ({ conversations }) => {
  const turns = list(conversations);
  const isTheirs = ({ from }: JsonObject): boolean => from === 'human' || from === 'observation';
  return turns.length % 2 === 0 && turns.every((turn, at) => isTheirs(turn) === (at % 2 === 0))
    ? []
    : [`sides: ${turns.map(({ from }) => from).join(', ')}`];
};
const jsonTools: Rule = ({ conversations, tools = '[]' }) => {
  const calls = list(conversations).filter(({ from }) => from === 'function_call');
  const made = calls.flatMap(
    ({ value }) => [JSON.parse(String(value)) as Json].flat() as readonly JsonObject[],
  );
  const defined = JSON.parse(String(tools)) as readonly JsonObject[];
  const isWhole = [...made, ...defined].every(({ name }) => typeof name === 'string');
  return isWhole && made.every((one) => typeof one['arguments'] === 'object')
    ? []
    : ['calls or tools are not whole'];
};

const READERS: Readonly<Record<string, readonly Reader[]>> = {
  'openai-chat': [
    { schema: 'openai-chat', rules: [conversation] },
    { schema: 'together-chat', rules: [conversation] },
    { schema: 'fireworks-chat', rules: [conversation] },
  ],
  'openai-dpo': [
    { schema: 'openai-dpo', rules: [input] },
    { schema: 'together-dpo', rules: [input] },
    { schema: 'fireworks-dpo', rules: [input], skips: (line) => callsTools(line) || definesTools(line) },
  ],
  messages: [
    { schema: 'trl-messages', rules: [conversation] },
    { schema: 'axolotl-chat-template', rules: [conversation] },
  ],
  trajectories: [
    { schema: 'trl-messages', rules: [conversation] },
    { schema: 'axolotl-chat-template', rules: [conversation] },
  ],
  'prompt-completion': [{ schema: 'trl-prompt-completion', rules: [conversation, prompt] }],
  dpo: [{ schema: 'trl-preference', rules: [conversation, prompt] }],
  kto: [{ schema: 'trl-kto', rules: [conversation, prompt] }],
  alpaca: [{ schema: 'llama-factory-alpaca', rules: [] }],
  sharegpt: [
    { schema: 'llama-factory-sharegpt', rules: [evenSides, jsonTools] },
    {
      schema: 'axolotl-sharegpt',
      rules: [evenSides],
      skips: (line) => 'tools' in line || JSON.stringify(line).includes('"function_call"'),
    },
  ],
};
const PREFERENCES = ['openai-dpo', 'dpo', 'kto'];
const SUPERVISED = Object.keys(READERS).filter((format) => !PREFERENCES.includes(format));

/** What the readers of a format refuse of lines, each with the line's number. */
function refused(format: string, lines: readonly JsonObject[]): readonly string[] {
  return (READERS[format] ?? []).flatMap(({ schema, rules, skips }) =>
    lines.flatMap((line, at) => {
      if (skips?.(line) === true) return [];
      const isValid = ajv.validate(`${schema}.json`, line);
      const wrong = isValid ? rules.flatMap((rule) => rule(line)) : [ajv.errorsText()];
      return wrong.map((what) => `${schema}, line ${at + 1}: ${what}`);
    }),
  );
}

/** The columns that DuckDB finds in the file, and its number of rows. */
async function inDuckDb(
  file: string,
): Promise<{ readonly rows: number; readonly columns: readonly string[] }> {
  const db = await (await DuckDBInstance.create()).connect();
  try {
    const read = await db.runAndReadAll(`select * from read_json_auto('${file}')`);
    return { rows: read.currentRowCount, columns: read.columnNames() };
  } finally {
    db.closeSync();
  }
}

async function isTakenByAll(format: string, rows: readonly JsonObject[]) {
  const cwd = datasetOf(rows);
  const exported = await exportedFrom(cwd, format, {});
  expect(refused(format, exported.lines)).toEqual([]);
  const [file] = exported.files;
  const keys = new Set(exported.lines.flatMap((line) => Object.keys(line)));
  expect(await inDuckDb(file?.file ?? '')).toEqual({ rows: exported.lines.length, columns: [...keys] });
  return exported;
}

describe('every line of an export is as its readers publish it', () => {
  let examples: readonly JsonObject[] = [];
  beforeAll(async () => {
    const { rows } = await readAll({ path: join(import.meta.dirname, '../../examples/traces') });
    examples = rows.map(({ messages, tools }) => ({ messages: messages ?? null, tools: tools ?? null }));
  });

  it.each(SUPERVISED)('%s, of the example sessions', async (format) => {
    const { lines } = await isTakenByAll(format, examples);
    expect(lines.length).toBeGreaterThan(format === 'alpaca' ? 0 : 10);
  });

  it.each(SUPERVISED)('%s, of sessions with awkward content', async (format) => {
    const { lines, leftOut } = await isTakenByAll(format, sessions);
    expect(lines.length + Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(
      sessions.length,
    );
    expect(lines.length).toBe({ alpaca: 3, sharegpt: sessions.length - 1 }[format] ?? sessions.length);
  });

  it.each(PREFERENCES)('%s, of pairs with awkward content', async (format) => {
    const { lines } = await isTakenByAll(format, pairs);
    expect(lines.length).toBe(format === 'kto' ? 6 : 3);
  });
});

const ask: JsonObject = { role: 'user', content: 'Why?' };
const say: JsonObject = { role: 'assistant', content: 'Because.' };
const called: JsonObject = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: '{}' } }],
};
const result: JsonObject = { role: 'tool', tool_call_id: 'a', content: 'x' };

it.each<[string, string, JsonObject]>([
  [
    'content blocks',
    'messages',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }, say] },
  ],
  ['an unknown role', 'messages', { messages: [ask, { role: 'critic', content: 'Hm.' }, say] }],
  ['an empty answer', 'openai-chat', { messages: [ask, { role: 'assistant', content: '' }] }],
  ['the name of a result', 'openai-chat', { messages: [ask, called, { ...result, name: 'bash' }, say] }],
  ['two users', 'openai-chat', { messages: [ask, ask, say] }],
  ['a system in the middle', 'messages', { messages: [ask, { role: 'system', content: 'Hurry.' }, say] }],
  ['a user at the end', 'messages', { messages: [ask, say, ask] }],
  ['a result of no call', 'messages', { messages: [ask, called, { ...result, tool_call_id: 'b' }, say] }],
  ['a call without a result', 'trajectories', { messages: [ask, called, ask, say] }],
  [
    'two answers',
    'openai-dpo',
    { input: { messages: [ask] }, preferred_output: [say, say], non_preferred_output: [say] },
  ],
  ['an answered prompt', 'dpo', { prompt: [ask, say], chosen: [say], rejected: [say] }],
  ['no label', 'kto', { prompt: [ask], completion: [say] }],
  ['no output', 'alpaca', { instruction: 'Why?', input: '' }],
  [
    'sides that do not alternate',
    'sharegpt',
    {
      conversations: [
        { from: 'gpt', value: 'a' },
        { from: 'human', value: 'b' },
      ],
    },
  ],
])('refuses %s', (_what, format, line) => {
  expect(refused(format, [line])).not.toEqual([]);
});
