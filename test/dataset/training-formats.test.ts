import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import type { FieldMap } from '../../src/dataset/export/exporter.js';
import { builtInRegistries } from '../../src/plugins/registries.js';

/** The lines that a format makes of rows, and why it left rows out. */
async function exported(
  format: string,
  rows: readonly JsonObject[],
  fields: FieldMap = {},
): Promise<{
  readonly lines: readonly Json[];
  readonly leftOut: readonly string[];
  readonly changed?: readonly string[];
}> {
  const exporter = builtInRegistries.exporters.get(format);
  if (!exporter) throw new Error(`there is no exporter ${format}`);
  const leftOut: string[] = [];
  const changed: string[] = [];
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, schema: {}, from: 'column' as const }));
  const context = {
    columns,
    fields,
    extension: exporter.extension,
    pictures: async () => new Map(),
    leftOut: (why: string) => leftOut.push(why),
    changed: (what: string) => changed.push(what),
  };
  const shape = exporter.shape?.(context);
  const given = (async function* () {
    for (const row of rows) {
      const lines = shape?.(row) ?? [row];
      if (typeof lines === 'string') leftOut.push(lines);
      else yield* lines;
    }
  })();
  let text = '';
  for await (const piece of exporter.encode(given, context)) text += String(piece);
  return {
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Json),
    leftOut,
    ...(changed.length > 0 && { changed }),
  };
}

const user = (content: string): JsonObject => ({ role: 'user', content });
const assistant = (content: string, more: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content,
  ...more,
});
const call = (id: string, given: Json): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'bash', arguments: given },
});
const tool = (id: string, content: string): JsonObject => ({
  role: 'tool',
  tool_call_id: id,
  name: 'bash',
  content,
});

const pair = { sft_instruction: 'Why?', sft_response: 'Because.' };
const session = {
  chat: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
    user('List.'),
    assistant('', { tool_calls: [call('a', '{"command":"ls"}'), call('b', '{"command":"pwd"}')] }),
    tool('a', 'README.md'),
    tool('b', '/app'),
    assistant('One file in /app.'),
  ],
  tools: [{ name: 'bash', parameters: { type: 'object' } }],
};
const framed = [{ type: 'function', function: { name: 'bash', parameters: { type: 'object' } } }];

describe('a pair of prompt and answer', () => {
  it.each<[string, Json]>([
    ['messages', { messages: [user('Why?'), assistant('Because.')] }],
    ['openai-chat', { messages: [user('Why?'), assistant('Because.')] }],
    ['prompt-completion', { prompt: [user('Why?')], completion: [assistant('Because.')] }],
    ['alpaca', { instruction: 'Why?', input: '', output: 'Because.' }],
    [
      'sharegpt',
      {
        conversations: [
          { from: 'human', value: 'Why?' },
          { from: 'gpt', value: 'Because.' },
        ],
      },
    ],
  ])('as %s', async (format, line) => {
    expect(await exported(format, [pair])).toEqual({ lines: [line], leftOut: [] });
  });

  it('is taken before the messages of the trace that it was made from', async () => {
    const { lines } = await exported('messages', [{ ...pair, messages: [user('raw'), assistant('raw')] }]);
    expect(lines).toEqual([{ messages: [user('Why?'), assistant('Because.')] }]);
  });

  it('may be anywhere in the row', async () => {
    const row = { task: { text: 'Why?' }, best: ['Because.'], system: 'Be brief.' };
    const { lines } = await exported('messages', [row], { prompt: 'task.text', completion: 'best[0]' });
    expect(lines).toEqual([
      { messages: [{ role: 'system', content: 'Be brief.' }, user('Why?'), assistant('Because.')] },
    ]);
  });

  it('without an answer is left out, and counted', async () => {
    expect(
      await exported('messages', [
        { sft_instruction: 'Why?', sft_response: null },
        { sft_instruction: ' ', sft_response: 'Because.' },
      ]),
    ).toEqual({ lines: [], leftOut: ['the answer is empty', 'the prompt is empty'] });
  });
});

describe('a session with tools', () => {
  const before = [
    { role: 'system', content: 'Be brief.' },
    user('List.'),
    assistant('', { tool_calls: [call('a', '{"command":"ls"}'), call('b', '{"command":"pwd"}')] }),
    tool('a', 'README.md'),
    tool('b', '/app'),
  ];
  const answer = assistant('One file in /app.');

  it('keeps its calls, results and tools', async () => {
    expect((await exported('messages', [session])).lines).toEqual([
      { messages: [...before, answer], tools: framed },
    ]);
    expect((await exported('prompt-completion', [session])).lines).toEqual([
      { prompt: before, completion: [answer], tools: framed },
    ]);
  });

  it('has arguments as objects for templates, and no names of results for OpenAI', async () => {
    expect((await exported('trajectories', [session])).lines).toMatchObject([
      {
        messages: [
          {},
          {},
          { tool_calls: [call('a', { command: 'ls' }), call('b', { command: 'pwd' })] },
          {},
          {},
          {},
        ],
      },
    ]);
    expect((await exported('openai-chat', [session])).lines).toEqual([
      { messages: [...before.map(({ name: _name, ...message }) => message), answer], tools: framed },
    ]);
  });

  it('becomes calls and observations that alternate', async () => {
    expect((await exported('sharegpt', [session])).lines).toEqual([
      {
        system: 'Be brief.',
        conversations: [
          { from: 'human', value: 'List.' },
          {
            from: 'function_call',
            value: JSON.stringify([
              { name: 'bash', arguments: { command: 'ls' } },
              { name: 'bash', arguments: { command: 'pwd' } },
            ]),
          },
          { from: 'observation', value: 'README.md\n/app' },
          { from: 'gpt', value: 'One file in /app.' },
        ],
        tools: JSON.stringify([{ name: 'bash', parameters: { type: 'object' } }]),
      },
    ]);
  });

  it('is left out where a trainer would drop it in silence', async () => {
    const interrupted = {
      chat: [
        user('Go.'),
        assistant('', { tool_calls: [call('a', '{}')] }),
        tool('a', 'x'),
        user('Stop!'),
        assistant('Stopped.'),
      ],
    };
    expect(await exported('sharegpt', [interrupted])).toEqual({
      lines: [],
      leftOut: ['the sides do not alternate: a user interrupts the tools'],
    });
    expect((await exported('messages', [interrupted])).lines).toHaveLength(1);
    expect((await exported('alpaca', [session])).leftOut).toEqual([
      'it calls tools, which alpaca has no place for',
    ]);
  });

  it('of several turns becomes a history', async () => {
    const chat = [user('1?'), assistant('1.'), user('2?'), assistant('2.')];
    expect((await exported('alpaca', [{ chat }])).lines).toEqual([
      { instruction: '2?', input: '', output: '2.', history: [['1?', '1.']] },
    ]);
  });
});

describe('what a trainer would refuse or drop in silence', () => {
  const [ask, answer] = [user('Why?'), assistant('Because.')];
  const made = [{ messages: [ask, answer] }];
  const patch = [call('a', '*** Begin Patch'), call('b', '[1]')];
  const patched = [call('a', '{"input":"*** Begin Patch"}'), call('b', '{"input":[1]}')];

  it.each<[string, readonly JsonObject[], readonly Json[]]>([
    [
      'a system message in the middle was left out',
      [ask, { role: 'system', content: 'Hurry.' }, answer],
      made,
    ],
    ['a message of the role `critic` was left out', [ask, { role: 'critic', content: 'Hm.' }, answer], made],
    ['messages before the first of the user were left out', [assistant('Hello!'), ask, answer], made],
    ['an empty message of the assistant was left out', [ask, assistant(''), answer], made],
    ['messages after the last answer were left out', [ask, answer, user('Thanks.')], made],
    [
      'messages of the user that follow each other were joined',
      [ask, user('Hm?'), answer],
      [{ messages: [user('Why?\n\nHm?'), answer] }],
    ],
    [
      'a call without a result was left out',
      [ask, assistant('', { tool_calls: [call('a', '{}')] }), answer],
      made,
    ],
    ['a result without a call was left out', [ask, tool('a', 'x'), answer], made],
    [
      'arguments of a call that are no JSON object became {"input": …}',
      [ask, assistant('', { tool_calls: patch }), tool('a', 'x'), tool('b', 'y'), answer],
      [
        {
          messages: [ask, assistant('', { tool_calls: patched }), tool('a', 'x'), tool('b', 'y'), answer],
        },
      ],
    ],
  ])('is put right and counted: %s', async (what, chat, lines) => {
    expect(await exported('messages', [{ chat }])).toEqual({ lines, leftOut: [], changed: [what] });
  });

  it('are not other names of the roles', async () => {
    const chat = [
      { role: 'developer', content: 'Be brief.' },
      { from: 'human', value: 'Why?' },
      { from: 'gpt', value: 'Because.' },
    ];
    expect(await exported('messages', [{ chat }])).toEqual({
      lines: [{ messages: [{ role: 'system', content: 'Be brief.' }, ask, answer] }],
      leftOut: [],
    });
  });

  it('is not counted for a row that is left out', async () => {
    const chat = [ask, assistant(''), { role: 'critic', content: 'Hm.' }];
    expect(await exported('messages', [{ chat }])).toEqual({
      lines: [],
      leftOut: ['the conversation has no answer'],
    });
  });

  it('is counted in a prompt of messages too, which ends with the user', async () => {
    const row = { prompt: [ask, assistant(''), { role: 'system', content: 'x' }], completion: 'Because.' };
    expect(await exported('messages', [row])).toEqual({
      lines: made,
      leftOut: [],
      changed: [
        'a system message in the middle was left out',
        'an empty message of the assistant was left out',
      ],
    });
  });
});

describe('calls and tools from anywhere', () => {
  it('have their own results when ids come again, or are missing', async () => {
    const { id: _a, ...first } = call('', '{"n":1}');
    const { id: _b, ...second } = call('', '{"n":2}');
    const chat = [
      user('Count.'),
      assistant('', { tool_calls: [call('0', '{}')] }),
      tool('0', 'one'),
      assistant('', { tool_calls: [call('0', '{}')] }),
      tool('0', 'two'),
      assistant('', { tool_calls: [first, second] }),
      { role: 'tool', content: 'three' },
      { role: 'tool', content: 'four' },
      assistant('Done.'),
    ];
    const { lines, changed } = await exported('openai-chat', [{ chat }]);
    const { messages = [] } = lines[0] as { readonly messages?: readonly JsonObject[] };
    expect(messages.filter(({ role }) => role === 'tool').map(({ content }) => content)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
    const ids = messages.flatMap(({ tool_calls: calls }) =>
      ((calls ?? []) as readonly JsonObject[]).map(({ id }) => id),
    );
    expect(ids).toEqual(['0', '0', 'call_5_0', 'call_5_1']);
    expect(changed).toBeUndefined();
  });

  it('are left out without a name, and counted', async () => {
    const chat = [
      user('Go.'),
      assistant('', { tool_calls: [{ id: 'a', type: 'function', function: { arguments: '{}' } }] }),
      tool('a', 'x'),
      assistant('Done.'),
    ];
    expect(await exported('messages', [{ chat, tools: [{ type: 'web_search' }] }])).toEqual({
      lines: [{ messages: [user('Go.'), assistant('Done.')] }],
      leftOut: [],
      changed: ['a call without a name was left out', 'a tool without a name was left out'],
    });
  });

  const parameters: JsonObject = { type: 'object' };
  it.each<[string, Json]>([
    ["OpenAI's newer API", [{ type: 'function', name: 'bash', parameters }]],
    ['Anthropic', [{ name: 'bash', input_schema: parameters }]],
    ['MCP', [{ name: 'bash', inputSchema: parameters }]],
    ['JSON text', JSON.stringify(framed)],
  ])('are defined as OpenAI does, from %s', async (_source, tools) => {
    const chat = [user('Go.'), assistant('Done.')];
    expect((await exported('messages', [{ chat, tools }])).lines).toEqual([
      { messages: chat, tools: framed },
    ]);
  });

  it('have names that OpenAI takes, counted', async () => {
    const called = call('a', '{}');
    const renamed = (name: string): JsonObject => ({ ...called, function: { name, arguments: '{}' } });
    const chatWith = (name: string): readonly JsonObject[] => [
      user('Go.'),
      assistant('', { tool_calls: [renamed(name)] }),
      { role: 'tool', tool_call_id: 'a', content: 'x' },
      assistant('Done.'),
    ];
    const row = { chat: chatWith('functions.exec'), tools: [{ name: 'functions.exec', parameters }] };
    expect(await exported('openai-chat', [row])).toEqual({
      lines: [
        {
          messages: chatWith('functions_exec'),
          tools: [{ type: 'function', function: { name: 'functions_exec', parameters } }],
        },
      ],
      leftOut: [],
      changed: ["a tool's name became one that OpenAI takes"],
    });
    expect((await exported('messages', [row])).changed).toBeUndefined();
  });

  it('at the end have no place in alpaca, and text beside them none in sharegpt', async () => {
    const chat = [user('Go.'), assistant('I will look.', { tool_calls: [call('a', '{}')] }), tool('a', 'x')];
    expect((await exported('alpaca', [{ chat }])).leftOut).toEqual([
      'it calls tools, which alpaca has no place for',
    ]);
    expect((await exported('sharegpt', [{ chat }])).changed).toEqual([
      'messages after the last answer were left out',
      'text that goes with a call was left out',
    ]);
  });
});

it('is read from content blocks, and from one message', async () => {
  const row = {
    system: [{ type: 'text', text: 'Be brief.' }],
    prompt: user('Why?'),
    chosen: [{ role: 'assistant', content: [{ type: 'text', text: 'Because.' }] }],
    rejected: [{ type: 'text', text: 'Dunno.' }],
  };
  expect((await exported('dpo', [row])).lines).toEqual([
    {
      prompt: [{ role: 'system', content: 'Be brief.' }, user('Why?')],
      chosen: [assistant('Because.')],
      rejected: [assistant('Dunno.')],
    },
  ]);
});

it('leaves out an answer at the end of a prompt, and counts it', async () => {
  const row = { prompt: [user('Why?'), assistant('One moment.')], completion: 'Because.' };
  expect(await exported('messages', [row])).toEqual({
    lines: [{ messages: [user('Why?'), assistant('Because.')] }],
    leftOut: [],
    changed: ['an answer at the end of a prompt was left out'],
  });
});

it('writes half of a surrogate pair as U+FFFD, which Python and DuckDB refuse', async () => {
  const { lines } = await exported('messages', [{ prompt: 'cut \ud83d', completion: '\\ud83d 🙂' }]);
  expect(lines).toEqual([{ messages: [user('cut \ufffd'), assistant('\\ud83d 🙂')] }]);
  expect((await exported('jsonl', [{ a: ['\udc00'], '\ud83d': 1 }])).lines).toEqual([
    { a: ['\ufffd'], '\ufffd': 1 },
  ]);
});

describe('preferences', () => {
  const row = { prompt: 'Why?', chosen: 'Because.', rejected: 'Dunno.' };
  it.each<[string, readonly Json[]]>([
    ['dpo', [{ prompt: [user('Why?')], chosen: [assistant('Because.')], rejected: [assistant('Dunno.')] }]],
    [
      'openai-dpo',
      [
        {
          input: { messages: [user('Why?')] },
          preferred_output: [assistant('Because.')],
          non_preferred_output: [assistant('Dunno.')],
        },
      ],
    ],
    [
      'kto',
      [
        { prompt: [user('Why?')], completion: [assistant('Because.')], label: true },
        { prompt: [user('Why?')], completion: [assistant('Dunno.')], label: false },
      ],
    ],
  ])('as %s', async (format, lines) => {
    expect(await exported(format, [row])).toEqual({ lines, leftOut: [] });
  });

  it('need a better and a worse answer, or a label', async () => {
    expect((await exported('dpo', [pair])).leftOut).toEqual(['it has no better and worse answer']);
    expect((await exported('kto', [pair])).leftOut).toEqual(['it has no label, true or false']);
    expect((await exported('kto', [{ ...pair, label: false }])).lines).toMatchObject([{ label: false }]);
  });
});

it('says which columns there are when none says what to learn', async () => {
  await expect(exported('messages', [{ a: 1, b: 2 }])).rejects.toMatchObject({
    message: expect.stringContaining('the columns are a, b'),
    hint: 'say where they are, as in --map prompt=COLUMN --map completion=COLUMN',
  });
});
