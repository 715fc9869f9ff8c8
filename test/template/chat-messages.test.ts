import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/json.js';
import { chatMessages } from '../../src/template/chat-messages.js';
import { parseExpression } from '../../src/template/jsonata.js';

const text = (words: string): Json => [{ type: 'text', text: words }];
const user = (words: string): JsonObject => ({ role: 'user', content: text(words) });
const says = (words: string, more: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content: text(words),
  ...more,
});
const call = (id: string, given: string, name = 'bash'): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
const result = (id: string, words: string): JsonObject => ({
  role: 'tool',
  content: text(words),
  tool_call_id: id,
});

const session: readonly JsonObject[] = [
  { role: 'system', content: text('Be brief.') },
  user('List the files.'),
  says('', { reasoning_content: 'ls will do', tool_calls: [call('a', '{"command": "ls"}')] }),
  result('a', 'README.md'),
  says('There is one: README.md.'),
];

describe('$chatMessages', () => {
  it('gives a trace the shape of a training conversation', () => {
    expect(chatMessages(session, undefined)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'List the files.' },
      { role: 'assistant', content: '', tool_calls: [call('a', '{"command": "ls"}')] },
      { role: 'tool', tool_call_id: 'a', name: 'bash', content: 'README.md' },
      { role: 'assistant', content: 'There is one: README.md.' },
    ]);
  });

  it('keeps reasoning, and arguments as objects, when asked to', () => {
    const chat = chatMessages(session, { reasoning: 'keep', arguments: 'object' }) as readonly JsonObject[];
    expect(chat[2]).toEqual({
      role: 'assistant',
      content: '',
      reasoning_content: 'ls will do',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'bash', arguments: { command: 'ls' } } }],
    });
  });

  it('reads messages that have null for a key they do not use, such as those of `{name}__trace`', () => {
    const unused = { reasoning_content: null, tool_calls: null, tool_call_id: null };
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'Hello' }], ...unused },
      { role: 'assistant', content: [{ type: 'text', text: 'Hi' }], ...unused },
    ];
    expect(chatMessages(messages, { reasoning: 'keep' })).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
    ]);
  });

  it.each([
    ['text', '{"input":"*** Begin Patch"}'],
    ['object', { input: '*** Begin Patch' }],
  ])('wraps arguments that are no object, as %s', (form, expected) => {
    const messages = [
      user('Patch it.'),
      says('', { tool_calls: [call('a', '*** Begin Patch')] }),
      result('a', 'ok'),
    ];
    expect(chatMessages(messages, { arguments: form })).toMatchObject([
      {},
      { tool_calls: [{ function: { arguments: expected } }] },
    ]);
  });

  it('leaves out what the tool wrote, calls without a result and results without a call', () => {
    const messages = [
      says('Welcome.'),
      { ...user('caveat'), kind: 'meta' },
      user('Go on.'),
      says('Trying.', { tool_calls: [call('a', '{}'), call('b', '{}')] }),
      result('b', 'done'),
      result('c', 'stray'),
      says('Done.'),
      { ...says('Request failed'), kind: 'error' },
      user('Thanks'),
    ];
    expect(chatMessages(messages, {})).toEqual([
      { role: 'user', content: 'Go on.' },
      { role: 'assistant', content: 'Trying.', tool_calls: [call('b', '{}')] },
      { role: 'tool', tool_call_id: 'b', name: 'bash', content: 'done' },
      { role: 'assistant', content: 'Done.' },
    ]);
  });

  it('joins messages of one side, and puts each result behind its call', () => {
    const messages = [
      user('One.'),
      user('Two.'),
      says('A', { reasoning_content: 'a' }),
      says('B', { reasoning_content: 'b', tool_calls: [call('x', '{}'), call('y', '{}')] }),
      result('y', 'second'),
      result('x', 'first'),
      says('C'),
    ];
    expect(chatMessages(messages, { reasoning: 'keep' })).toEqual([
      { role: 'user', content: 'One.\n\nTwo.' },
      {
        role: 'assistant',
        content: 'A\n\nB',
        reasoning_content: 'a\n\nb',
        tool_calls: [call('x', '{}'), call('y', '{}')],
      },
      { role: 'tool', tool_call_id: 'x', name: 'bash', content: 'first' },
      { role: 'tool', tool_call_id: 'y', name: 'bash', content: 'second' },
      { role: 'assistant', content: 'C' },
    ]);
  });

  describe('ids that are not unique', () => {
    const commands = (chat: Json): readonly unknown[] =>
      (chat as readonly JsonObject[]).flatMap((message) =>
        message['role'] === 'tool'
          ? [message['content']]
          : ((message['tool_calls'] ?? []) as readonly JsonObject[]).map(
              (made) => (made['function'] as JsonObject)['arguments'],
            ),
      );
    const calls = (...list: readonly JsonObject[]): JsonObject => says('', { tool_calls: list });
    const { id: _id, ...nameless } = call('', '{"of": 1}');
    const { tool_call_id: _of, ...unlabelled } = result('', 'one');

    it.each<[string, readonly JsonObject[], readonly string[]]>([
      [
        'calls of one message get the results in their order',
        [
          calls(call('a', '{"n": 1}'), call('b', '{"n": 2}'), call('a', '{"n": 3}')),
          result('a', 'one'),
          result('b', 'two'),
          result('a', 'three'),
        ],
        ['{"n": 1}', '{"n": 2}', '{"n": 3}', 'one', 'two', 'three'],
      ],
      [
        'a call of one message without its result is left out',
        [calls(call('a', '{"n": 1}'), call('a', '{"n": 2}')), result('a', 'one')],
        ['{"n": 1}', 'one'],
      ],
      [
        'calls of later turns have results of their own, the last one of several',
        [
          calls(call('a', '{"n": 1}')),
          result('a', 'begun'),
          result('a', 'one'),
          calls(call('a', '{"n": 2}')),
          result('a', 'two'),
        ],
        ['{"n": 1}', 'one', '{"n": 2}', 'two'],
      ],
      [
        'a result before its only call counts',
        [result('a', 'one'), calls(call('a', '{"n": 1}'))],
        ['{"n": 1}', 'one'],
      ],
      [
        'a result before the first of two calls does not',
        [result('a', 'none'), calls(call('a', '{"n": 1}')), calls(call('a', '{"n": 2}')), result('a', 'two')],
        ['{"n": 2}', 'two'],
      ],
      [
        'calls without an id get the results without one',
        [calls(nameless, nameless), unlabelled, { ...unlabelled, content: 'two' }],
        ['{"of": 1}', '{"of": 1}', 'one', 'two'],
      ],
    ])('%s', (_what, messages, expected) => {
      expect(commands(chatMessages([user('Go.'), ...messages, says('Done.')], {}))).toEqual(expected);
    });

    it('are made for calls that have none', () => {
      const chat = chatMessages([user('Go.'), calls(nameless), unlabelled, says('Done.')], {});
      expect(chat).toMatchObject([
        {},
        { tool_calls: [{ id: 'call_1_0' }] },
        { tool_call_id: 'call_1_0', content: 'one' },
        {},
      ]);
    });

    it('are matched in time that grows with the session, also when thousands of calls share one', () => {
      const steps = Array.from({ length: 20_000 }, (_, n) => [calls(call('a', `${n}`)), result('a', `${n}`)]);
      const one = Array.from({ length: 20_000 }, (_, n) => call('b', `${n}`));
      const results = one.map((_, n) => result('b', `${n}`));
      const chat = chatMessages([user('Go.'), ...steps.flat(), calls(...one), ...results, says('Done.')], {});
      expect(chat).toHaveLength(60_003);
    });
  });

  it('cuts long tool results in their middle', () => {
    const messages = [
      user('Read.'),
      says('', { tool_calls: [call('a', '{}')] }),
      result('a', 'x'.repeat(5000)),
      says('Read.'),
    ];
    const [, , tool] = chatMessages(messages, { max_tool_result: 100 }) as readonly JsonObject[];
    expect(Buffer.byteLength(String(tool?.['content']))).toBeLessThanOrEqual(100);
    expect(tool?.['content']).toMatch(/^x+…\[\d+ bytes cut\]…x+$/);
  });

  const long = ['one', 'two', 'three'].flatMap((word) => [user(`Question ${word}`), says(word.repeat(100))]);
  const turn = (word: string): readonly JsonObject[] => [
    { role: 'user', content: `Question ${word}` },
    { role: 'assistant', content: word.repeat(100) },
  ];

  it('cuts between turns, from the side that is asked for', () => {
    expect(chatMessages(long, { max_tokens: 260 })).toEqual([...turn('one'), ...turn('two')]);
    expect(chatMessages(long, { max_tokens: 300, turns: 'last' })).toEqual([
      ...turn('two'),
      ...turn('three'),
    ]);
    expect(chatMessages(long, { max_tokens: 100_000 })).toHaveLength(6);
  });

  it('cuts between the steps of a turn that is too long, and never keeps half a message', () => {
    const steps = ['a', 'b', 'c'].flatMap((id) => [
      says('', { tool_calls: [call(id, '{}')] }),
      result(id, 'y'.repeat(400)),
    ]);
    const chat = chatMessages([user('Work.'), ...steps, says('Done.')], {
      max_tokens: 320,
    }) as readonly JsonObject[];
    expect(chat.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(chatMessages([user('z'.repeat(4000)), says('Yes.')], { max_tokens: 320 })).toEqual([]);
  });

  it('is empty without an answer, and for no messages', () => {
    expect(chatMessages([user('Hello?')], {})).toEqual([]);
    expect(chatMessages([], {})).toEqual([]);
    expect(chatMessages(undefined, {})).toEqual([]);
  });

  it('shows that an image was there', () => {
    const image = {
      role: 'user',
      content: [
        { type: 'image', data: '[9 bytes]' },
        { type: 'text', text: 'What is it?' },
      ],
    };
    expect(chatMessages([image, says('A cat.')], {})).toMatchObject([
      { content: '[image]\nWhat is it?' },
      {},
    ]);
  });
});

describe('own functions in JSONata', () => {
  const value = (source: string, scope: JsonObject): unknown => {
    const parsed = parseExpression(source);
    if (!parsed.ok) return parsed.error;
    const result = parsed.value.evaluate(scope);
    return result.ok ? result.value : result.error;
  };

  it('run on columns, and combine with the language', () => {
    expect(value('$chatMessages(messages, {"max_tokens": 100})[-1].content', { messages: session })).toBe(
      'There is one: README.md.',
    );
    expect(value('$chatMessages(messages[role = "user"])', { messages: session })).toEqual([]);
    expect(value('$parseJson(tools)[0].name', { tools: '[{"name": "bash"}]' })).toBe('bash');
    expect(value('$parseJson(tools)', { tools: 'no json' })).toBeNull();
  });

  it.each([
    ['$chatMessages(messages, {"max_token": 3})', /has no option `max_token`; its options are reasoning/],
    ['$chatMessages(messages, {"turns": "middle"})', /`turns` of \$chatMessages is one of first, last/],
    [
      '$chatMessages(messages, {"max_tokens": 0})',
      /`max_tokens` of \$chatMessages is a whole number above 0/,
    ],
    ['$chatMessages("no", {})', /takes the list of messages of a trace/],
  ])('say what is wrong with %s', (source, message) => {
    expect(value(source, { messages: session })).toMatch(message);
  });

  it('are suggested for a typo', () => {
    const parsed = parseExpression('$chatMesages(messages)');
    expect(parsed.ok ? [] : parsed.error).toMatchObject([{ hint: expect.stringContaining('$chatMessages') }]);
  });
});
